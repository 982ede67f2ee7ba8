package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// open begins a stream that ends with the test, or after ten seconds.
func (k kioskPage) open(path string) (*http.Response, context.CancelFunc) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	k.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url+path, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	resp, err := k.c.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp, cancel
}

// event reads lines up to the blank one and decodes the event's message.
func event(t *testing.T, r *bufio.Reader) message {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var m message
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			t.Fatalf("%v in %.80q", err, data)
		}
		if blank, err := r.ReadString('\n'); err != nil || blank != "\n" {
			t.Fatalf("an event must end with a blank line: %q %v", blank, err)
		}
		return m
	}
}

func TestEventsFollowTheSession(t *testing.T) {
	f := newFake(at(session.Home))
	k := serve(t, f, Options{})
	resp, _ := k.open("/events")
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatal(got)
	}
	r := bufio.NewReader(resp.Body)
	if line, _ := r.ReadString('\n'); line != "retry: 500\n" {
		t.Errorf("first line %q", line)
	}
	m := event(t, r)
	if m.Boot != "boot-1" || m.Screen != "home" || m.Turn != "1" || !strings.Contains(m.HTML, `data-intent="submit"`) || strings.Contains(m.HTML, "<html") {
		t.Errorf("%+v", m)
	}
	f.set(func(v *session.View) { v.State = filing(session.Consent) })
	n := event(t, r)
	if n.Screen != "consent" || n.Rev != m.Rev+1 || n.Seq <= m.Seq || n.Turn != "2" {
		t.Errorf("after a change: %s rev %d seq %d turn %s", n.Screen, n.Rev, n.Seq, n.Turn)
	}
	k.do("POST", "/look", "boot=boot-1&turn=2&set=size%3D3", "X-Ev", "1")
	if l := event(t, r); l.Size != "3" || l.Seq <= n.Seq || l.Turn != "2" {
		t.Errorf("after a look: size %s seq %d turn %s", l.Size, l.Seq, l.Turn)
	}
}

func TestCountdownIsPushedWithoutAnyChange(t *testing.T) {
	v := at(session.Review)
	v.State.Overlay = session.Warning
	f := newFake(v)
	k := serve(t, f, Options{})
	resp, _ := k.open("/events")
	r := bufio.NewReader(resp.Body)
	first := event(t, r)
	f.mu.Lock()
	f.view.Now = f.view.Now.Add(3 * time.Second) // time goes on, nobody says so
	f.mu.Unlock()
	second := event(t, r)
	if !strings.Contains(first.HTML, "sau 24 giây") || !strings.Contains(second.HTML, "sau 21 giây") || second.Rev != first.Rev {
		t.Error("the countdown does not run")
	}
}

func TestAnUnchangedViewIsNotSentAgain(t *testing.T) {
	var out strings.Builder
	rec := &recorder{w: &out}
	s := stream{w: rec, rc: http.NewResponseController(rec)}
	m := message{Boot: "b", Rev: 1, Seq: 1, HTML: "<p>\nx"}
	for seq := range uint64(3) {
		m.Seq = seq + 1
		if err := s.send(m); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "data: "); n != 1 {
		t.Errorf("sent %d times", n)
	}
	if strings.Count(out.String(), "\n") != 2 {
		t.Errorf("a line break inside the data breaks the framing: %q", out.String())
	}
}

// recorder is the least a stream needs.
type recorder struct{ w io.Writer }

func (*recorder) Header() http.Header           { return http.Header{} }
func (*recorder) WriteHeader(int)               {}
func (r *recorder) Write(b []byte) (int, error) { return r.w.Write(b) }
func (*recorder) Flush()                        {}

func TestStreamsAreBounded(t *testing.T) {
	k := serve(t, newFake(at(session.Home)), Options{})
	for range maxStreams {
		k.open("/events")
	}
	if resp, _ := k.do("GET", "/events", ""); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("stream %d: %d", maxStreams+1, resp.StatusCode)
	}
}

func TestPicturesExistOnlyWhereTheyAreShown(t *testing.T) {
	allowed := map[string][]session.Screen{
		"/img/chip": {session.Who, session.Form, session.Review}, "/img/face": {session.Review},
		"/img/pending": {session.ScanView}, "/img/paper/0": {session.ScanList, session.Review},
	}
	f := newFake(at(session.Home))
	k := serve(t, f, Options{})
	for _, s := range session.Screens {
		v := at(session.Review) // everything is there
		v.Visit.Pending = storySheet(0)
		v.State = filing(s)
		f.set(func(old *session.View) { *old = v })
		for path, screens := range allowed {
			want := http.StatusNotFound
			for _, a := range screens {
				if a == s {
					want = http.StatusOK
				}
			}
			resp, body := k.do("GET", path, "")
			if resp.StatusCode != want || want == http.StatusOK && !strings.HasPrefix(body, "\xff\xd8") {
				t.Errorf("%s on %s: %d, want %d", path, s, resp.StatusCode, want)
			}
		}
	}
	f.set(func(old *session.View) { *old = at(session.Review); old.Visit.Chip.Photo.Type = "image/jp2" })
	for _, path := range []string{"/img/chip", "/img/paper/9", "/img/paper/-1", "/img/paper/x", "/img/passwd"} {
		if resp, _ := k.do("GET", path, ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

func TestSendingAPictureLeavesTheVisitAlone(t *testing.T) {
	f := newFake(at(session.Who))
	k := serve(t, f, Options{})
	k.do("GET", "/img/chip", "")
	if f.view.Visit.Chip.Photo.Data[0] != 0xff {
		t.Error("the copy that was cleared was the visit's own picture")
	}
}

func TestCameraEndsWithItsScreen(t *testing.T) {
	f := newFake(at(session.FaceLook))
	k := serve(t, f, Options{})
	if resp, _ := k.do("GET", "/cam/paper", ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the document camera on the face's screen: %d", resp.StatusCode)
	}
	resp, _ := k.open("/cam/face")
	_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(resp.Body, params["boundary"])
	for range 2 {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(part); err != nil || !strings.HasPrefix(string(data), "\xff\xd8") {
			t.Fatalf("frame of %d bytes: %v", len(data), err)
		}
	}
	f.set(func(v *session.View) { v.State = filing(session.Who); v.State.Face = kiosk.Verified })
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Errorf("the preview did not end with its screen: %v", err)
	}
}

func TestCameraEndsWithThePage(t *testing.T) {
	f := newFake(at(session.ScanAim))
	ended := make(chan struct{})
	k := serve(t, &endTelling{f, ended}, Options{})
	resp, cancel := k.open("/cam/paper")
	if _, err := io.ReadFull(resp.Body, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the camera runs on after the page let it go")
	}
}

// endTelling tells when a preview has ended.
type endTelling struct {
	*fakeSession
	ended chan struct{}
}

func (e *endTelling) Preview(ctx context.Context, which string, frame func([]byte) error) error {
	defer close(e.ended)
	return e.fakeSession.Preview(ctx, which, frame)
}

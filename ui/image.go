package ui

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// shown says on which screens a picture of the visit may be fetched; elsewhere it does not exist.
var shown = map[string][]session.Screen{
	"chip":    {session.Who, session.Form, session.Review},
	"face":    {session.Review},
	"pending": {session.ScanView},
	"paper":   {session.ScanList, session.Review},
}

// showable are the encodings a browser can paint. A chip photo in JPEG 2000 has a portrait beside it;
// where it could not be decoded, a silhouette is shown.
var showable = []string{"image/jpeg", "image/png"}

// picture gives a picture of the visit that the screen may show, nil when there is none.
func picture(v *session.View, which string, n int) *kiosk.Image {
	if v.Visit == nil || !v.State.InVisit() || !slices.Contains(shown[which], v.State.Screen) {
		return nil
	}
	var img *kiosk.Image
	switch {
	case which == "chip" && v.Visit.Chip != nil:
		if img = &v.Visit.Chip.Portrait; img.IsZero() {
			img = &v.Visit.Chip.Photo
		}
	case which == "face":
		img = &v.Visit.Face.Best
	case which == "pending":
		img = &v.Visit.Pending
	case which == "paper" && n >= 0 && n < len(v.Visit.Papers):
		img = &v.Visit.Papers[n].Page
	}
	if img == nil || img.IsZero() || !slices.Contains(showable, img.Type) {
		return nil
	}
	return img
}

func (s *server) getImage(w http.ResponseWriter, r *http.Request) {
	s.sendImage(w, r, r.PathValue("which"), 0)
}

func (s *server) getPaper(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	s.sendImage(w, r, "paper", n)
}

// sendImage copies the picture under the session's lock, sends the copy, and clears it.
func (s *server) sendImage(w http.ResponseWriter, r *http.Request, which string, n int) {
	var img kiosk.Image
	s.session.View(func(v *session.View) {
		if p := picture(v, which, n); p != nil {
			img = kiosk.Image{Data: bytes.Clone(p.Data), Type: p.Type}
		}
	})
	if img.IsZero() {
		http.NotFound(w, r)
		return
	}
	defer img.Wipe()
	w.Header().Set("Content-Type", img.Type)
	_, _ = w.Write(img.Data) // the browser may be gone: nobody to tell
}

// cameras says which screens show which camera.
var cameras = map[string][]session.Screen{"face": {session.FaceLook, session.FaceTurn}, "paper": {session.ScanAim}}

const boundary = "frame"

// getCamera streams the camera as multipart/x-mixed-replace while its screen is shown and the page wants it.
func (s *server) getCamera(w http.ResponseWriter, r *http.Request) {
	which := r.PathValue("which")
	screen := s.screen()
	if !slices.Contains(cameras[which], screen) {
		http.NotFound(w, r)
		return
	}
	if !s.enterStream(w) {
		return
	}
	defer s.leaveStream()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go s.whileOn(ctx, cancel, screen)
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
	rc := http.NewResponseController(w)
	_ = s.session.Preview(ctx, which, func(jpeg []byte) error { // ends with the screen or the page: both are the way it should end
		return sendFrame(w, rc, jpeg)
	})
}

// sendFrame writes one frame, closed by the boundary so that it is painted at once.
func sendFrame(w http.ResponseWriter, rc *http.ResponseController, jpeg []byte) error {
	_ = rc.SetWriteDeadline(time.Now().Add(writeWindow)) // as in stream.write
	if _, err := fmt.Fprintf(w, "--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", boundary, len(jpeg)); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	if _, err := w.Write(append(jpeg[:len(jpeg):len(jpeg)], "\r\n"...)); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	if err := rc.Flush(); err != nil {
		return fmt.Errorf("flush frame: %w", err)
	}
	return nil
}

// whileOn cancels when the screen is no longer shown, whatever the browser does.
func (s *server) whileOn(ctx context.Context, cancel context.CancelFunc, screen session.Screen) {
	changed, unsubscribe := s.session.Subscribe()
	defer unsubscribe()
	for s.screen() == screen {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-changed:
			if !ok {
				cancel()
				return
			}
		}
	}
	cancel()
}

// screen gives the screen that is shown now.
func (s *server) screen() (now session.Screen) {
	s.session.View(func(v *session.View) { now = v.State.Screen })
	return now
}

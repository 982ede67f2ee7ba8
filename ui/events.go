package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"motcua/kiosk/session"
)

const (
	heartbeat   = 5 * time.Second
	countdown   = time.Second // how often a page with a running countdown is looked at
	writeWindow = 10 * time.Second
)

// message is one server-sent event: the view, rendered. The page drops a message whose seq it has passed for the same boot.
type message struct {
	Boot    string `json:"boot"`
	Rev     uint64 `json:"rev"`
	Seq     uint64 `json:"seq"`
	Turn    string `json:"turn"`
	Screen  string `json:"screen"`
	Overlay string `json:"overlay"`
	Size    string `json:"size"`
	Theme   string `json:"theme"`
	Panel   string `json:"panel"`
	Lang    string `json:"lang"`
	HTML    string `json:"html"`
}

// getEvents streams every change of the view until the page goes away.
func (s *server) getEvents(w http.ResponseWriter, r *http.Request) {
	if !s.enterStream(w) {
		return
	}
	defer s.leaveStream()
	changed, cancel := s.session.Subscribe()
	defer cancel()
	looked, unlook := s.looks.subscribe()
	defer unlook()
	out := stream{w: w, rc: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	if out.write("retry: 500\n\n") != nil {
		return
	}
	tick := time.NewTicker(countdown)
	defer tick.Stop()
	for ticks := 0; ; {
		if s.push(&out) != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case _, ok := <-changed:
			if !ok {
				return
			}
		case <-looked:
		case <-tick.C:
			if ticks++; ticks >= int(heartbeat/countdown) {
				ticks = 0
				if out.write(": alive\n\n") != nil {
					return
				}
			}
		}
	}
}

// push renders the view and sends it unless the page already has exactly that.
func (s *server) push(out *stream) error {
	m, err := s.message()
	if err != nil {
		return err
	}
	return out.send(m)
}

// message renders the current view.
func (s *server) message() (m message, err error) {
	var buf bytes.Buffer
	s.session.View(func(v *session.View) {
		p := s.page(v)
		m = message{
			Boot: v.Boot, Rev: v.Rev, Seq: p.Seq, Turn: strconv.FormatUint(v.Turn, 10), Screen: v.State.Screen.String(),
			Overlay: v.State.Overlay.String(), Size: strconv.Itoa(p.Look.Size), Theme: p.Look.Theme, Panel: p.Look.Panel, Lang: p.Look.Lang,
		}
		err = s.pagesOf(p.Look.Lang).app(&buf, p)
	})
	m.HTML = buf.String()
	return m, err
}

// stream writes events and remembers the last one.
type stream struct {
	w    http.ResponseWriter
	rc   *http.ResponseController
	last message
}

// send writes m as one event, unless nothing of it but its number is new.
func (o *stream) send(m message) error {
	same := o.last
	same.Seq = m.Seq
	if same == m {
		return nil
	}
	data, err := json.Marshal(m) // escapes line breaks: one data line
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if err := o.write("data: " + string(data) + "\n\n"); err != nil {
		return err
	}
	o.last = m
	return nil
}

// write sends text now; a browser that does not take it within the window is gone.
func (o *stream) write(text string) error {
	_ = o.rc.SetWriteDeadline(time.Now().Add(writeWindow)) // not every test writer has deadlines; the write below tells
	if _, err := o.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if err := o.rc.Flush(); err != nil {
		return fmt.Errorf("flush event: %w", err)
	}
	return nil
}

// enterStream takes one of the bounded places, or answers that there is none.
func (s *server) enterStream(w http.ResponseWriter) bool {
	select {
	case s.streams <- struct{}{}:
		return true
	default:
		http.Error(w, "too many streams", http.StatusServiceUnavailable)
		return false
	}
}

func (s *server) leaveStream() { <-s.streams }

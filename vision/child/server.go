package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"motcua/kiosk"
)

// The parts of the child that can be asked whether they are ready, and those with a preview.
const (
	PartFace    = "face"    // the matcher
	PartCamera  = "camera"  // what sees the citizen
	PartPaper   = "paper"   // what sees the sheet
	PartScanner = "scanner" // the document scanner
)

// Parts are what the child serves. A nil part answers unavailable.
type Parts struct {
	Face    kiosk.FaceMatcher
	Camera  kiosk.Preview
	Paper   kiosk.Preview
	Scanner kiosk.DocumentScanner
	Spotter kiosk.CardSpotter
	Shown   func(kiosk.Image) (kiosk.Image, error) // a picture as browsers show it
	Set     func(name string, value []byte) error  // a state changed after the set-up
}

// maxCalls bounds the calls under way at once.
const maxCalls = 64

// Serve answers over conn until it ends. setUp gets the states the parent sent first and makes the parts; its error is fatal.
func Serve(ctx context.Context, conn io.ReadWriter, setUp func(states map[string][]byte) (Parts, error)) error {
	s := &server{conn: conn, calls: map[uint32]context.CancelFunc{}}
	states, err := s.states()
	if err != nil {
		return err
	}
	if s.parts, err = setUp(states); err != nil {
		return fmt.Errorf("set up vision: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer s.running.Wait()
	defer cancel()
	if err := s.send(frame{header: header{Kind: kindEvent, Method: eventReady}}); err != nil {
		return err
	}
	for {
		f, err := readFrame(conn)
		if errors.Is(err, io.EOF) {
			return nil // the parent has gone or wants us gone
		}
		if err == nil {
			err = s.take(ctx, f)
		}
		if err != nil {
			return fmt.Errorf("serve vision: %w", err)
		}
	}
}

// server is the child's side of one connection.
type server struct {
	conn    io.ReadWriter
	parts   Parts
	running sync.WaitGroup

	out sync.Mutex // one frame at a time

	mu    sync.Mutex
	calls map[uint32]context.CancelFunc
}

// states reads the states sent before "ready" is asked for by an empty set.
func (s *server) states() (map[string][]byte, error) {
	states := map[string][]byte{}
	for {
		f, err := readFrame(s.conn)
		if err != nil {
			return nil, fmt.Errorf("read the set-up: %w", err)
		}
		if f.Kind != kindSet {
			return nil, fmt.Errorf("read the set-up: %w: a %s", errFrame, f.Kind)
		}
		if f.Method == "" {
			return states, nil
		}
		states[f.Method] = f.blob
	}
}

func (s *server) send(f frame) error {
	s.out.Lock()
	defer s.out.Unlock()
	return writeFrame(s.conn, f)
}

func (s *server) take(ctx context.Context, f frame) error {
	switch {
	case f.Kind == kindSet && f.Method == setPing:
		return s.send(frame{header: header{Kind: kindEvent, Method: eventPong}})
	case f.Kind == kindSet:
		if s.parts.Set == nil {
			return nil
		}
		return s.parts.Set(f.Method, f.blob)
	case f.Kind == kindCancel:
		s.mu.Lock()
		defer s.mu.Unlock()
		if cancel := s.calls[f.Call]; cancel != nil {
			cancel()
		}
		return nil
	case f.Kind == kindCall:
		return s.begin(ctx, f)
	}
	return fmt.Errorf("%w: a %s", errFrame, f.Kind)
}

// begin runs a call beside the others.
func (s *server) begin(ctx context.Context, f frame) error {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) >= maxCalls || s.calls[f.Call] != nil {
		cancel()
		return fmt.Errorf("%w: call %d is one too many", errFrame, f.Call)
	}
	s.calls[f.Call] = cancel
	s.running.Go(func() {
		out := s.answer(ctx, f)
		cancel()
		s.mu.Lock()
		delete(s.calls, f.Call)
		s.mu.Unlock()
		out.Call, out.Kind = f.Call, kindResult
		_ = s.send(out) // the parent has gone: Serve finds that too
	})
	return nil
}

// answer does what a call asks for.
func (s *server) answer(ctx context.Context, f frame) frame {
	out, err := s.do(ctx, f)
	if err != nil {
		out.Error = faultOf(err)
	}
	return out
}

func (s *server) do(ctx context.Context, f frame) (frame, error) {
	switch f.Method {
	case methodReady:
		return frame{}, s.ready(ctx, f)
	case methodMatch:
		return s.match(ctx, f)
	case methodPreview:
		return frame{}, s.preview(ctx, f)
	case methodScan:
		if s.parts.Scanner == nil {
			return frame{}, absent(PartScanner)
		}
		img, err := s.parts.Scanner.Scan(ctx)
		return frame{header: header{Body: body(pictureOf(img))}, blob: img.Data}, err
	case methodSpot:
		if s.parts.Spotter == nil {
			return frame{}, absent(methodSpot)
		}
		key, err := s.parts.Spotter.Spot(ctx)
		return frame{header: header{Body: body(spotted{string(key.Kind), key.Value})}}, err
	case methodShown:
		if s.parts.Shown == nil {
			return frame{}, absent(methodShown)
		}
		img, err := s.parts.Shown(kiosk.Image{Data: f.blob})
		return frame{header: header{Body: body(pictureOf(img))}, blob: img.Data}, err
	}
	return frame{}, kiosk.Errorf(kiosk.CodeInternal, "answer", "", "no method of that name")
}

func absent(part string) error {
	return kiosk.Errorf(kiosk.CodeUnavailable, "ask the vision process", "", "no %s here", part)
}

// part decodes the name of a part.
func part(f frame) (name string, err error) {
	if err := json.Unmarshal(f.Body, &name); err != nil {
		return "", kiosk.Errorf(kiosk.CodeInternal, "answer", "", "%w: no part named", errFrame)
	}
	return name, nil
}

func (s *server) ready(ctx context.Context, f frame) error {
	name, err := part(f)
	switch {
	case err != nil:
		return err
	case name == PartFace && s.parts.Face != nil:
		return s.parts.Face.Ready(ctx)
	case name == PartScanner && s.parts.Scanner != nil:
		return s.parts.Scanner.Ready(ctx)
	}
	if camera, ok := s.camera(name).(interface{ Ready() error }); ok {
		return camera.Ready()
	}
	return absent(name)
}

// camera gives the camera of that name, nil for none.
func (s *server) camera(name string) kiosk.Preview {
	switch name {
	case PartCamera:
		return s.parts.Camera
	case PartPaper:
		return s.parts.Paper
	}
	return nil
}

func (s *server) match(ctx context.Context, f frame) (frame, error) {
	if s.parts.Face == nil {
		return frame{}, absent(PartFace)
	}
	var p picture
	if err := json.Unmarshal(f.Body, &p); err != nil {
		return frame{}, kiosk.Errorf(kiosk.CodeInternal, "answer", "", "%w: no photo", errFrame)
	}
	r, err := s.parts.Face.Match(ctx, p.image(f.blob), func(h kiosk.FaceHint) {
		_ = s.send(frame{header: header{Call: f.Call, Kind: kindEvent, Body: body(h)}}) // the parent has gone: Serve finds that too
	})
	return frame{header: header{Body: body(faceOf(r))}, blob: r.Best.Data}, err
}

func (s *server) preview(ctx context.Context, f frame) error {
	name, err := part(f)
	if err != nil {
		return err
	}
	p := s.camera(name)
	if p == nil {
		return absent(name)
	}
	return p.Preview(ctx, func(jpeg []byte) error {
		return s.send(frame{header: header{Call: f.Call, Kind: kindEvent}, blob: jpeg})
	})
}

package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"motcua/kiosk"
)

// readyTime bounds the question whether a part is ready, to a child that serves.
const readyTime = 2 * time.Second

// Face gives the child's face matcher.
func (c *Client) Face() kiosk.FaceMatcher { return matcher{c} }

// Preview gives the preview of [PartCamera] or [PartPaper].
func (c *Client) Preview(part string) kiosk.Preview { return preview{c, part} }

// Scanner gives the child's document scanner.
func (c *Client) Scanner() kiosk.DocumentScanner { return scanner{c} }

// Spotter gives the child's spotter of cards.
func (c *Client) Spotter() kiosk.CardSpotter { return spotter{c} }

// Shown gives a picture as browsers show it; a zero picture when it is that already.
func (c *Client) Shown(ctx context.Context, img kiosk.Image) (kiosk.Image, error) {
	f, err := c.call(ctx, frame{header: header{Method: methodShown}, blob: img.Data}, false, nil)
	if err != nil {
		return kiosk.Image{}, err
	}
	return decodePicture(f)
}

// Ready asks a part whether it can be used. It waits for a child that is being started.
func (c *Client) Ready(ctx context.Context, part string) error {
	if _, err := c.serving(ctx); errors.Is(err, context.DeadlineExceeded) {
		return gone(err)
	} else if err != nil {
		return err
	}
	outer := ctx
	ctx, cancel := context.WithTimeout(outer, readyTime)
	defer cancel()
	_, err := c.call(ctx, frame{header: header{Method: methodReady, Body: body(part)}}, false, nil)
	if ctx.Err() != nil && outer.Err() == nil {
		return gone(ErrQuiet)
	}
	return err
}

func decodePicture(f frame) (kiosk.Image, error) {
	var p picture
	if err := json.Unmarshal(f.Body, &p); err != nil {
		return kiosk.Image{}, gone(fmt.Errorf("%w: no picture", errFrame))
	}
	return p.image(f.blob), nil
}

type matcher struct{ c *Client }

// Ready implements kiosk.FaceMatcher.
func (m matcher) Ready(ctx context.Context) error { return m.c.Ready(ctx, PartFace) }

// Match implements kiosk.FaceMatcher. When ctx ends, the child still says what it saw.
func (m matcher) Match(ctx context.Context, photo kiosk.Image, hint func(kiosk.FaceHint)) (kiosk.FaceResult, error) {
	f, err := m.c.call(ctx, frame{header: header{Method: methodMatch, Body: body(pictureOf(photo))}, blob: photo.Data}, false, func(f frame) error {
		var h kiosk.FaceHint
		if err := json.Unmarshal(f.Body, &h); err != nil {
			return gone(fmt.Errorf("%w: no hint", errFrame))
		}
		if hint != nil {
			hint(h)
		}
		return nil
	})
	var r face
	if f.Body != nil {
		if bad := json.Unmarshal(f.Body, &r); bad != nil {
			return kiosk.FaceResult{}, gone(fmt.Errorf("%w: no face result", errFrame))
		}
	}
	switch {
	case f.Body != nil && f.Error == nil: // the child finished, perhaps because ctx ended
		return r.result(f.blob), nil
	case err != nil:
		return r.result(f.blob), err
	}
	return kiosk.FaceResult{}, gone(fmt.Errorf("%w: no face result", errFrame))
}

type preview struct {
	c    *Client
	part string
}

// Preview implements kiosk.Preview. A consumer that is slow gets the newest picture, not every one.
func (p preview) Preview(ctx context.Context, show func(jpeg []byte) error) error {
	_, err := p.c.call(ctx, frame{header: header{Method: methodPreview, Body: body(p.part)}}, true, func(f frame) error { return show(f.blob) })
	return err
}

type scanner struct{ c *Client }

// Ready implements kiosk.DocumentScanner.
func (s scanner) Ready(ctx context.Context) error { return s.c.Ready(ctx, PartScanner) }

// Scan implements kiosk.DocumentScanner.
func (s scanner) Scan(ctx context.Context) (kiosk.Image, error) {
	f, err := s.c.call(ctx, frame{header: header{Method: methodScan}}, false, nil)
	if err != nil {
		return kiosk.Image{}, err
	}
	return decodePicture(f)
}

type spotter struct{ c *Client }

// Spot implements kiosk.CardSpotter.
func (s spotter) Spot(ctx context.Context) (kiosk.CardKey, error) {
	f, err := s.c.call(ctx, frame{header: header{Method: methodSpot}}, false, nil)
	if err != nil {
		return kiosk.CardKey{}, err
	}
	var k spotted
	if err := json.Unmarshal(f.Body, &k); err != nil || kiosk.KeyKind(k.Kind) != kiosk.KeyNumber || len(k.Value) != 12 {
		return kiosk.CardKey{}, gone(fmt.Errorf("%w: no number", errFrame))
	}
	return kiosk.CardKey{Kind: kiosk.KeyNumber, Value: k.Value}, nil
}

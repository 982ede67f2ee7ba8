package child

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The limits of a frame.
const (
	maxHeader = 64 << 10
	maxBlob   = 32 << 20
)

// kind says what a frame is for.
type kind string

// The kinds of frames. A call is answered by events, in order, and one result. Frames with call number 0 stand alone.
const (
	kindCall   kind = "call"   // to the child: do Method
	kindCancel kind = "cancel" // to the child: stop this call; its result still comes
	kindSet    kind = "set"    // to the child: the state Method has this value from now on
	kindEvent  kind = "event"  // from the child: a step of a call, or without a call "ready" or "pong"
	kindResult kind = "result" // from the child: a call's end
)

// header is the JSON part of a frame.
type header struct {
	Call   uint32          `json:"call,omitempty"`
	Kind   kind            `json:"kind"`
	Method string          `json:"method,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
	Error  *fault          `json:"error,omitempty"`
}

// frame is one message: a header and bytes that are no text.
type frame struct {
	header
	blob []byte
}

// errFrame means that the other side does not speak this protocol.
var errFrame = errors.New("no frame of the vision protocol")

// writeFrame writes the lengths of header and blob, 4 bytes each, big-endian, then both.
func writeFrame(w io.Writer, f frame) error {
	head, err := json.Marshal(f.header)
	if err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	if len(head) > maxHeader || len(f.blob) > maxBlob {
		return fmt.Errorf("write frame: header of %d and blob of %d bytes: %w", len(head), len(f.blob), errFrame)
	}
	b := make([]byte, 8, 8+len(head))
	binary.BigEndian.PutUint32(b, uint32(len(head)))       //nolint:gosec // bounded above
	binary.BigEndian.PutUint32(b[4:], uint32(len(f.blob))) //nolint:gosec // bounded above
	if _, err := w.Write(append(b, head...)); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	if len(f.blob) == 0 {
		return nil
	}
	if _, err := w.Write(f.blob); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

// readFrame reads one frame. Errors: io.EOF between frames, errFrame for what is none.
func readFrame(r io.Reader) (frame, error) {
	var size [8]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return frame{}, err
	}
	nh, nb := binary.BigEndian.Uint32(size[:]), binary.BigEndian.Uint32(size[4:])
	if nh == 0 || nh > maxHeader || nb > maxBlob {
		return frame{}, fmt.Errorf("%w: header of %d and blob of %d bytes", errFrame, nh, nb)
	}
	head := make([]byte, nh)
	if _, err := io.ReadFull(r, head); err != nil {
		return frame{}, unexpected(err)
	}
	f := frame{}
	if err := json.Unmarshal(head, &f.header); err != nil {
		return frame{}, fmt.Errorf("%w: %w", errFrame, err)
	}
	if nb == 0 {
		return f, nil
	}
	f.blob = make([]byte, nb)
	if _, err := io.ReadFull(r, f.blob); err != nil {
		return frame{}, unexpected(err)
	}
	return f, nil
}

// unexpected makes an end inside a frame no clean end.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

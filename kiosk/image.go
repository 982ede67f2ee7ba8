package kiosk

import (
	"fmt"
	"log/slog"
)

// Image is an encoded picture: the bytes as they came, never a re-encoding.
type Image struct {
	Data   []byte `json:"data"`
	Type   string `json:"type"`   // media type: image/jpeg, image/jp2, image/png
	Width  int    `json:"width"`  // pixels, 0 when not known
	Height int    `json:"height"` // pixels, 0 when not known
}

// IsZero reports whether there is no picture.
func (i Image) IsZero() bool { return len(i.Data) == 0 }

// String gives type and size, never contents.
func (i Image) String() string { return fmt.Sprintf("%s %d bytes", i.Type, len(i.Data)) }

// LogValue gives type and size, never contents.
func (i Image) LogValue() slog.Value { return slog.StringValue(i.String()) }

// Wipe zeroes the bytes in place.
func (i *Image) Wipe() {
	clear(i.Data)
	*i = Image{}
}

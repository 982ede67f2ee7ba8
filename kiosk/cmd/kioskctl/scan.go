package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/ocrb"
	"motcua/vision/qr"
)

// qrResult is what `kioskctl scan qr -json` prints. Payload is null when there is no code; of several codes it is the first.
type qrResult struct {
	Payload  *string  `json:"payload"`
	Payloads []string `json:"payloads"`
}

// scanQR is `kioskctl scan qr FILE`: the codes in a picture.
func scanQR(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("scan qr", "FILE")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	out := qrResult{Payloads: []string{}}
	err = withPicture(operands[0], func(m *picture) error {
		codes, err := qr.Read(&m.Mat)
		for _, code := range codes {
			out.Payloads = append(out.Payloads, strings.ToValidUTF8(string(code.Payload), "\uFFFD"))
		}
		return err
	})
	if err != nil {
		return c.fail(err)
	}
	code := exitRefused
	if len(out.Payloads) > 0 {
		out.Payload, code = &out.Payloads[0], exitGood
	}
	return c.report(code, out, func(w io.Writer) {
		for _, p := range out.Payloads {
			fmt.Fprintln(w, p)
		}
		if len(out.Payloads) == 0 {
			fmt.Fprintln(w, "no QR code in the picture")
		}
	})
}

// mrzResult is what `kioskctl scan mrz -json` prints. Lines is empty when there is no zone.
type mrzResult struct {
	Lines []string `json:"lines"`
	Valid bool     `json:"valid"` // every check digit holds
	Sure  float64  `json:"sure"`
}

// scanMRZ is `kioskctl scan mrz FILE`: the machine-readable zone in a picture.
func scanMRZ(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("scan mrz", "FILE")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	out := mrzResult{Lines: []string{}}
	err = withPicture(operands[0], func(m *picture) error {
		z, err := ocrb.Read(ctx, &m.Mat)
		if errors.Is(err, ocrb.ErrNoZone) {
			return nil
		}
		if err == nil {
			out = mrzResult{Lines: z.Lines, Valid: z.Valid, Sure: z.Sure}
		}
		return err
	})
	if err != nil {
		return c.fail(err)
	}
	code := exitGood
	switch {
	case len(out.Lines) == 0:
		code = exitRefused
	case !out.Valid:
		code = exitUndetermined
	}
	return c.report(code, out, func(w io.Writer) {
		for _, l := range out.Lines {
			fmt.Fprintln(w, l)
		}
		switch {
		case len(out.Lines) == 0:
			fmt.Fprintln(w, "no machine-readable zone in the picture")
		case !out.Valid:
			fmt.Fprintln(w, "read, but a check digit does not hold: hold the card flatter, nearer, in more light")
		}
	})
}

// picture is a decoded picture.
type picture = vision.Frame

// withPicture decodes a picture file for f and frees it.
func withPicture(file string, f func(*picture) error) error {
	data, err := readPicture(file)
	if err != nil {
		return err
	}
	m, err := vision.Decode(data)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "read picture", "name a JPEG, JPEG 2000 or PNG file", "%w", err)
	}
	p := &picture{Mat: m}
	defer func() { _ = p.Close() }() // memory alone
	return f(p)
}

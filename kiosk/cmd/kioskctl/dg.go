package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// dgResult is what `kioskctl dg show -json` prints. What the file says is personal data: it is shown because it was asked for.
type dgResult struct {
	File     kiosk.FileID `json:"file"`
	Bytes    int          `json:"bytes"`
	Content  content      `json:"content"`
	Findings []finding    `json:"findings,omitempty"` // deviations from the standard
}

type finding struct {
	What  string    `json:"what"`
	Grade lds.Grade `json:"grade"`
}

// content is a decoded file: it encodes to JSON, and prints itself for people.
type content interface{ print(w io.Writer) }

// dgShow is `kioskctl dg show FILE`: a file of a chip, decoded. Which file it is, is told by its first bytes.
func dgShow(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("dg show", "FILE")
	out := fs.String("out", "", "with DG2: write the portrait to this file, encoded as on the chip")
	fs.StringVar(out, "photo", "", "the same as -out")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	raw, err := loadFile(operands[0])
	if err != nil {
		return c.fail(err)
	}
	result, err := decode(raw)
	if err != nil {
		return c.fail(err)
	}
	if *out != "" {
		if err := savePhoto(*out, result.Content); err != nil {
			return c.fail(err)
		}
	}
	return c.report(exitGood, result, result.print)
}

func (r dgResult) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d bytes\n", r.File, r.Bytes)
	r.Content.print(w)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "  %s: %s\n", f.Grade, f.What)
	}
}

func undecodable(format string, args ...any) error {
	return kiosk.Errorf(kiosk.CodeBadInput, "decode file", "give a raw file of a chip, as card read -out writes it", format, args...)
}

// decode finds out which file raw is and decodes it.
func decode(raw []byte) (dgResult, error) {
	id, err := identify(raw)
	if err != nil {
		return dgResult{}, err
	}
	decoded, err := decoders[id](raw)
	if err != nil {
		return dgResult{}, undecodable("%w", err)
	}
	r := dgResult{File: id, Bytes: len(raw), Content: decoded}
	for _, f := range lds.Inspect(map[kiosk.FileID][]byte{id: raw}) {
		r.Findings = append(r.Findings, finding{f.What, f.Grade})
	}
	return r, nil
}

// identify tells a file by its first tag. A face block of ISO/IEC 39794-5 without DG2 around it has the tag of DG5.
func identify(raw []byte) (kiosk.FileID, error) {
	tag, size, length, err := tlv.Header(raw)
	if err != nil {
		return "", undecodable("%w", err)
	}
	if tag == 0x65 {
		if inner, _, _, err := tlv.Header(raw[size:]); err == nil && inner == 0xA0 && size+length <= len(raw) {
			return faceBlock, nil
		}
	}
	switch tag {
	case tlv.Set:
		return kiosk.FileCardAccess, nil
	case tlv.Sequence:
		return kiosk.FileCardSecurity, nil
	case 0x43, 0x46, 0x47, 0x5F52, 0x7F66, 0xE0:
		return kiosk.FileATRInfo, nil
	}
	f, ok := lds.ByTag(tag)
	if !ok || decoders[f.ID] == nil {
		return "", undecodable("tag %s begins no file known here", tag)
	}
	return f.ID, nil
}

// faceBlock is no file of a chip, but a part of one that may be stored apart.
const faceBlock kiosk.FileID = "ISO/IEC 39794-5 face"

// decoders have every kind of file that is shown. Groups that are not decoded are shown by their first bytes.
var decoders = map[kiosk.FileID]func(raw []byte) (content, error){
	kiosk.FileCardAccess:   decoder(lds.ParseSecurityInfos, describeInfos),
	kiosk.FileCardSecurity: decoder(lds.ParseCardSecurity, describeInfos),
	kiosk.FileATRInfo:      decoder(lds.ParseATRInfo, describeATR),
	kiosk.FileCOM:          decoder(lds.ParseCOM, describeCOM),
	kiosk.FileSOD:          decodeSOD,
	kiosk.FileDG1:          decoder(lds.ParseDG1, describeZone),
	kiosk.FileDG2:          decoder(lds.ParseDG2, describeFace),
	faceBlock:              decoder(lds.ParseFaceBlock, describeFace),
	kiosk.FileDG11:         decoder(lds.ParseDG11, describeDG11),
	kiosk.FileDG12:         decoder(lds.ParseDG12, describeDG12),
	kiosk.FileDG13:         decoder(lds.ParseDG13, describeDG13),
	kiosk.FileDG14:         decoder(lds.ParseDG14, describeInfos),
	kiosk.FileDG15:         decoder(lds.ParseDG15, describeKey),
	lds.FileDG3:            decodeBytes, lds.FileDG4: decodeBytes, lds.FileDG5: decodeBytes, lds.FileDG6: decodeBytes,
	lds.FileDG7: decodeBytes, lds.FileDG8: decodeBytes, lds.FileDG9: decodeBytes, lds.FileDG10: decodeBytes, lds.FileDG16: decodeBytes,
}

func decoder[T any, C content](parse func([]byte) (T, error), describe func(T) C) func([]byte) (content, error) {
	return func(raw []byte) (content, error) {
		v, err := parse(raw)
		if err != nil {
			return nil, err
		}
		return describe(v), nil
	}
}

// decodeSOD shows what a security object says; whether it may be believed is the question of sod verify.
func decodeSOD(raw []byte) (content, error) {
	store, err := pa.NewStore()
	if err != nil {
		return nil, err
	}
	r := pa.Verify(raw, nil, store, time.Now())
	if r.Object == nil {
		return nil, errors.New("the security object cannot be read")
	}
	return sodContent{r.SODGroups, r.Object.LDS, r.HashAlg, r.SignatureAlg, r.Signer}, nil
}

// savePhoto writes the portrait as it is on the chip.
func savePhoto(name string, c content) error {
	face, ok := c.(faceContent)
	if !ok {
		return undecodable("only DG2 has a portrait")
	}
	if err := os.WriteFile(name, face.data, 0o600); err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "save portrait", "give a file that can be written with -out", "%w", err)
	}
	return nil
}

package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// dgResult is what `kioskctl dg show -json` prints. What the file says is personal data: it is shown because it was asked for.
type dgResult struct {
	File    kiosk.FileID `json:"file"`
	Bytes   int          `json:"bytes"`
	Content any          `json:"content"`
}

// dgShow is `kioskctl dg show FILE`: a file of a chip, decoded. Which file it is, is told by its first tag.
func dgShow(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("dg show", "FILE")
	photo := fs.String("photo", "", "with DG2: write the face image to this file, encoded as on the chip")
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
	if *photo != "" {
		if err := savePhoto(*photo, raw); err != nil {
			return c.fail(err)
		}
	}
	return c.report(exitGood, result, func(w io.Writer) {
		fmt.Fprintf(w, "%s, %d bytes\n", result.File, result.Bytes)
		printContent(w, result.Content)
	})
}

func undecodable(err error) error {
	return kiosk.Errorf(kiosk.CodeBadInput, "decode file", "give a raw file of a chip, as card read -out writes it", "%w", err)
}

// decode finds out which file raw is and decodes it.
func decode(raw []byte) (dgResult, error) {
	tag, _, _, err := tlv.Header(raw)
	if err != nil {
		return dgResult{}, undecodable(err)
	}
	if tag == tlv.Set {
		infos, err := lds.ParseSecurityInfos(raw)
		if err != nil {
			return dgResult{}, undecodable(err)
		}
		return dgResult{kiosk.FileCardAccess, len(raw), describeInfos(infos)}, nil
	}
	f, ok := lds.ByTag(tag)
	if !ok {
		return dgResult{}, undecodable(fmt.Errorf("tag %s begins no file known here", tag))
	}
	content, err := decodeGroup(f.ID, raw)
	if err != nil {
		return dgResult{}, undecodable(err)
	}
	return dgResult{f.ID, len(raw), content}, nil
}

// decodeGroup gives what a file says, or its bytes in hexadecimal when it is of a kind that is not decoded here.
func decodeGroup(id kiosk.FileID, raw []byte) (any, error) {
	switch id {
	case kiosk.FileCOM:
		com, err := lds.ParseCOM(raw)
		if err != nil {
			return nil, err
		}
		return comContent{com.LDS, com.Unicode, com.Groups, hex.EncodeToString(com.Unknown)}, nil
	case kiosk.FileDG1:
		m, err := lds.ParseDG1(raw)
		if err != nil {
			return nil, err
		}
		return describeZone(m), nil
	case kiosk.FileDG2:
		face, err := lds.ParseDG2(raw)
		if err != nil {
			return nil, err
		}
		return faceContent{face.Record, face.Count, face.Image.Type, face.Image.Width, face.Image.Height, len(face.Image.Data)}, nil
	case kiosk.FileDG13:
		d, err := lds.ParseDG13(raw)
		if err != nil {
			return nil, err
		}
		return describeDG13(d), nil
	case kiosk.FileDG14:
		infos, err := lds.ParseDG14(raw)
		if err != nil {
			return nil, err
		}
		return describeInfos(infos), nil
	case kiosk.FileDG15:
		k, err := lds.ParseDG15(raw)
		if err != nil {
			return nil, err
		}
		return keyContent{k.String()}, nil
	}
	return hexContent{hex.EncodeToString(raw[:min(len(raw), 64)]), len(raw) > 64}, nil
}

type hexContent struct {
	Hex string `json:"hex"`
	Cut bool   `json:"cut,omitempty"` // only the first 64 bytes are shown
}

type comContent struct {
	LDS     string         `json:"lds"`
	Unicode string         `json:"unicode"`
	Groups  []kiosk.FileID `json:"groups"`
	Unknown string         `json:"unknown,omitempty"` // tags of no known group, hexadecimal
}

type keyContent struct {
	Key string `json:"key"`
}

type faceContent struct {
	Record string `json:"record"`
	Count  int    `json:"count"`
	Type   string `json:"type"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int    `json:"bytes"`
}

type zoneContent struct {
	Lines       []string `json:"lines"`
	Valid       bool     `json:"valid"` // all check digits are right
	Number      string   `json:"number"`
	Name        string   `json:"name"`
	Birth       string   `json:"birth"`
	Sex         string   `json:"sex"`
	Expiry      string   `json:"expiry"`
	State       string   `json:"state"`
	Nationality string   `json:"nationality"`
}

func describeZone(m *mrz.MRZ) zoneContent {
	return zoneContent{m.Lines, m.Verify() == nil, m.Number, m.Name(), m.Birth, m.Sex, m.Expiry, m.State, m.Nationality}
}

// field is one field of DG13 as it stands on the card.
type field struct {
	Number int    `json:"n"`
	Name   string `json:"name"`
	Value  string `json:"value"`
}

type dg13Content struct {
	Fields   []field  `json:"fields"`
	Unknown  int      `json:"unknown"`
	Problems []string `json:"problems,omitempty"`
}

func describeDG13(d *lds.DG13) dg13Content {
	out := dg13Content{Unknown: len(d.Unknown), Problems: d.Problems}
	add := func(n int, name string, values ...string) {
		for _, v := range values {
			if v != "" {
				out.Fields = append(out.Fields, field{n, name, v})
			}
		}
	}
	for i, f := range []struct{ name, value string }{
		{"number", d.Number}, {"name", d.Name}, {"birth", d.Birth}, {"sex", d.Sex}, {"nationality", d.Nationality},
		{"ethnicity", d.Ethnicity}, {"religion", d.Religion}, {"origin", d.Origin}, {"residence", d.Residence},
		{"marks", d.Marks}, {"issued", d.Issued}, {"expires", d.Expires},
	} {
		add(i+1, f.name, f.value)
	}
	add(13, "parent", d.Parents...)
	add(14, "spouse", d.Spouse)
	add(15, "old_number", d.OldNumber)
	add(16, "chip_id", d.ChipID)
	return out
}

type infosContent struct {
	PACE     []string `json:"pace,omitempty"`
	ChipAuth []string `json:"chip_auth,omitempty"`
	Keys     []string `json:"chip_auth_keys,omitempty"`
	Terminal []string `json:"terminal_auth,omitempty"`
	Active   []string `json:"active_auth,omitempty"`
	Unknown  []string `json:"unknown,omitempty"`
}

func describeInfos(s *lds.SecurityInfos) infosContent {
	var out infosContent
	for _, i := range s.PACE {
		out.PACE = append(out.PACE, fmt.Sprintf("%v version %d parameters %d", i.Protocol, i.Version, i.ParameterID))
	}
	for _, i := range s.ChipAuth {
		out.ChipAuth = append(out.ChipAuth, fmt.Sprintf("%v version %d", i.Protocol, i.Version))
	}
	for _, i := range s.ChipAuthKeys {
		out.Keys = append(out.Keys, i.Key.String())
	}
	for _, i := range s.TerminalAuth {
		out.Terminal = append(out.Terminal, fmt.Sprintf("%v version %d", i.Protocol, i.Version))
	}
	for _, i := range s.ActiveAuth {
		out.Active = append(out.Active, fmt.Sprintf("%v version %d", i.Algorithm, i.Version))
	}
	for _, i := range s.Unknown {
		out.Unknown = append(out.Unknown, i.Protocol.String())
	}
	return out
}

func printContent(w io.Writer, content any) {
	if d, ok := content.(dg13Content); ok {
		for _, f := range d.Fields {
			fmt.Fprintf(w, "  %2d %-12s %s\n", f.Number, f.Name, f.Value)
		}
		for _, p := range d.Problems {
			fmt.Fprintf(w, "  problem: %s\n", p)
		}
		return
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("  ", "  ")
	_ = enc.Encode(content) // the types above always encode; a closed output shows nowhere anyway
}

// savePhoto writes DG2's face as it is on the chip.
func savePhoto(name string, raw []byte) error {
	face, err := lds.ParseDG2(raw)
	if err != nil {
		return undecodable(err)
	}
	if err := os.WriteFile(name, face.Image.Data, 0o600); err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "save photo", "give a file that can be written with -photo", "%w", err)
	}
	return nil
}

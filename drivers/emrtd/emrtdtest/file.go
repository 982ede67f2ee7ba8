package emrtdtest

import (
	"bytes"
	"strconv"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// file is the current elementary file.
type file struct {
	id   kiosk.FileID
	data []byte
	free bool // readable without a session
}

// fileDG3 is refused to everybody: fingerprints need terminal authentication with a certificate of the state.
const fileDG3 kiosk.FileID = "DG3"

// fileDG4 is refused likewise; fileDIR lists the applications (Doc 9303-10 §3.11.1.2).
const (
	fileDG4 kiosk.FileID = "DG4"
	fileDIR kiosk.FileID = "EF.DIR"
)

// fileByFID names the file of a file identifier, inside the application or under the master file (Doc 9303-10 §3.6, §4.1).
func fileByFID(fid int, applet bool) kiosk.FileID {
	switch {
	case fid == 0x011C:
		return kiosk.FileCardAccess
	case fid == 0x2F01:
		return kiosk.FileATRInfo
	case fid == 0x2F00 && !applet:
		return fileDIR
	case fid == 0x011D && !applet:
		return kiosk.FileCardSecurity
	case !applet:
		return ""
	case fid == 0x011E:
		return kiosk.FileCOM
	case fid == 0x011D:
		return kiosk.FileSOD
	case fid >= 0x0101 && fid <= 0x0110:
		return kiosk.FileID("DG" + strconv.Itoa(fid&0xFF))
	}
	return ""
}

// fileBySFI names the file of a short file identifier (Doc 9303-10 §3.6.2).
func fileBySFI(sfi int, applet bool) kiosk.FileID {
	switch {
	case sfi == 0x1C:
		return kiosk.FileCardAccess
	case sfi == 0x01 && !applet:
		return kiosk.FileATRInfo
	case sfi == 0x1E && !applet:
		return fileDIR
	}
	return fileByFID(0x0100|sfi, applet)
}

// openFile finds a file and checks that it may be read now.
func (c *Chip) openFile(id kiosk.FileID) (*file, apdu.Status) {
	free := id == kiosk.FileCardAccess || id == kiosk.FileATRInfo || id == fileDIR || c.open()
	guarded := (id == fileDG3 || id == fileDG4) && !c.card.Open
	data, there := c.contents(id)
	switch {
	case id == kiosk.FileCardAccess && c.opt.CardAccess == AccessRefused:
		return nil, apdu.StatusSecurity
	case id == kiosk.FileCardAccess && c.opt.CardAccess == AccessAbsent:
		return nil, apdu.StatusNotFound
	case !there:
		return nil, apdu.StatusNotFound
	case guarded, !free && c.s.sm == nil:
		return nil, apdu.StatusSecurity
	}
	return &file{id: id, data: data, free: free}, apdu.StatusOK
}

// contents gives a file's bytes with the options' replacement and flipped byte.
func (c *Chip) contents(id kiosk.FileID) (data []byte, there bool) {
	data, there = c.card.Files[id]
	if r, ok := c.opt.Replace[id]; ok {
		data, there = r, r != nil
	}
	if there && c.opt.FlipAt == id && len(data) > 0 {
		data = bytes.Clone(data)
		at := c.opt.FlipOffset
		if at < 0 {
			at += len(data)
		}
		data[max(0, min(at, len(data)-1))] ^= 0x01
	}
	return data, there
}

// selectFile is SELECT (ISO/IEC 7816-4 §11.2.2; Doc 9303-10 §3.6).
func (c *Chip) selectFile(cmd apdu.Command) apdu.Response {
	switch {
	case c.opt.StrictLe && cmd.P2&0x0C == 0x0C && cmd.Ne != 0:
		return apdu.Response{SW: apdu.StatusWrongLength}
	case cmd.P1 == 0x04:
		return c.selectApplet(cmd)
	case cmd.P1 == 0x00 && (len(cmd.Data) == 0 || bytes.Equal(cmd.Data, []byte{0x3F, 0x00})):
		return c.selectMF()
	case cmd.P1 == 0x00 || cmd.P1 == 0x02:
		return c.selectEF(cmd)
	}
	return apdu.Response{SW: apdu.StatusWrongP1P2}
}

func (c *Chip) selectApplet(cmd apdu.Command) apdu.Response {
	if !bytes.Equal(cmd.Data, AID) {
		return apdu.Response{SW: apdu.StatusNotFound}
	}
	c.s.applet, c.s.file = true, nil
	return apdu.Response{SW: apdu.StatusOK}
}

func (c *Chip) selectMF() apdu.Response {
	if c.opt.SelectMF == MFNever || (c.opt.SelectMF == MFBeforeApplet && c.s.applet) {
		return apdu.Response{SW: apdu.StatusWrongINS}
	}
	c.s.applet, c.s.file = false, nil
	return apdu.Response{SW: apdu.StatusOK}
}

// selectEF selects an elementary file by identifier. A file that may not be read yet is not selected.
func (c *Chip) selectEF(cmd apdu.Command) apdu.Response {
	if len(cmd.Data) != 2 {
		return apdu.Response{SW: apdu.StatusWrongLength}
	}
	f, sw := c.openFile(fileByFID(int(cmd.Data[0])<<8|int(cmd.Data[1]), c.s.applet))
	if sw == apdu.StatusOK {
		c.s.file = f
	}
	return apdu.Response{SW: sw}
}

func isRead(ins byte) bool { return ins == insReadBinary || ins == insReadBinaryOdd }

// isMaximum reports whether Ne was coded as 00 or 0000: as many bytes as there are.
func isMaximum(ne int) bool { return ne == 256 || ne == 65536 }

// readEven is READ BINARY with INS B0: P1 bit 8 chooses a file by SFI, else P1-P2 is a 15-bit offset (ISO/IEC 7816-4 §11.3.3).
func (c *Chip) readEven(cmd apdu.Command) apdu.Response {
	if len(cmd.Data) != 0 {
		return apdu.Response{SW: apdu.StatusWrongLength}
	}
	offset := int(cmd.P1)<<8 | int(cmd.P2)
	if cmd.P1&0x80 != 0 {
		if cmd.P1&0x60 != 0 || c.opt.NoSFI {
			return apdu.Response{SW: apdu.StatusWrongP1P2}
		}
		offset = int(cmd.P2)
		if sw := c.choose(int(cmd.P1 & 0x1F)); sw != apdu.StatusOK {
			return apdu.Response{SW: sw}
		}
	}
	return c.read(offset, cmd.Ne)
}

// readOdd is READ BINARY with INS B1: the offset comes in DO'54', the data go in DO'53' (ISO/IEC 7816-4 §11.3.3).
func (c *Chip) readOdd(cmd apdu.Command) apdu.Response {
	o, err := tlv.ReadOne(cmd.Data, 0x54)
	if err != nil || len(o.Value) == 0 || len(o.Value) > 4 {
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	if p := int(cmd.P1)<<8 | int(cmd.P2); p > 0 && p < 0x1F && !c.opt.NoSFI {
		if sw := c.choose(p); sw != apdu.StatusOK {
			return apdu.Response{SW: sw}
		}
	} else if p != 0 {
		f, sw := c.openFile(fileByFID(p, c.s.applet))
		if sw != apdu.StatusOK {
			return apdu.Response{SW: sw}
		}
		c.s.file = f
	}
	offset := 0
	for _, b := range o.Value {
		offset = offset<<8 | int(b)
	}
	return c.readObject(offset, cmd.Ne)
}

// readObject gives file bytes in DO'53'; Ne counts the whole object.
func (c *Chip) readObject(offset, ne int) apdu.Response {
	header := 2
	switch {
	case ne > 260:
		header = 4
	case ne > 130:
		header = 3
	}
	if ne <= header {
		return apdu.Response{SW: apdu.StatusWrongLength}
	}
	c.s.trace.asMany = c.s.trace.asMany || isMaximum(ne)
	r := c.read(offset, ne-header)
	if len(r.Data) > 0 {
		r.Data = tlv.Encode(0x53, r.Data)
	}
	return r
}

// choose makes the file of a short identifier the current one.
func (c *Chip) choose(sfi int) apdu.Status {
	f, sw := c.openFile(fileBySFI(sfi, c.s.applet))
	if sw == apdu.StatusOK {
		c.s.file = f
	}
	return sw
}

// read gives ne bytes of the current file from offset.
func (c *Chip) read(offset, ne int) apdu.Response {
	f := c.s.file
	switch {
	case f == nil:
		return apdu.Response{SW: apdu.StatusNoEF}
	case ne == 0, c.opt.MaxRead > 0 && ne > c.opt.MaxRead:
		return apdu.Response{SW: apdu.StatusWrongLength}
	case c.opt.Endless == f.id && offset+ne > len(f.data):
		c.s.trace.read = true
		if offset < len(f.data) {
			return apdu.Response{Data: f.data[offset:], SW: apdu.StatusOK}
		}
		return apdu.Response{Data: make([]byte, ne), SW: apdu.StatusOK}
	case offset >= len(f.data):
		return apdu.Response{SW: apdu.StatusWrongOffset}
	}
	c.s.trace.read = true
	n := min(ne, len(f.data)-offset)
	if c.tears(f.id, offset+n) {
		c.tear()
		return apdu.Response{SW: apdu.StatusUnknown}
	}
	return c.atEnd(f.data[offset:offset+n], ne)
}

// atEnd chooses the status word for data of which ne bytes were wanted.
func (c *Chip) atEnd(data []byte, ne int) apdu.Response {
	sw := apdu.StatusOK
	if len(data) < ne && !isMaximum(ne) && !c.s.trace.asMany {
		switch c.opt.EndOfFile {
		case EndWarning:
			sw = apdu.StatusEndOfFile
		case EndExact:
			if len(data) <= 256 {
				return apdu.Response{SW: 0x6C00 | apdu.Status(len(data)&0xFF)}
			}
		case EndSilent:
		}
	}
	return apdu.Response{Data: data, SW: sw}
}

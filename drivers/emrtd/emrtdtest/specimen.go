package emrtdtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// Specimen makes a card of a folder of files, served exactly as they are: there are no keys, so neither chip nor active
// authentication will succeed whatever the files announce. Reading needs no access control; basic access control and
// PACE, as EF.CardAccess has it, are there as well when DG1 tells the passwords. A file is recognised by its name: EF.COM, EF_SOD, DG1, Datagroup14, ef0101 or 010F,
// ending in .bin, .dat, .der, .raw or in nothing, in capitals or not; others are left alone.
func Specimen(dir string) (*Card, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("make card of a folder: %w", err)
	}
	c := &Card{Note: "Specimen files served as they are; no private keys.", Profile: ProfileSpecimen, Open: true, Files: map[kiosk.FileID][]byte{}}
	for _, e := range entries {
		id := specimenFile(e.Name())
		if id == "" || e.IsDir() {
			continue
		}
		if c.Files[id], err = readSpecimen(filepath.Join(dir, e.Name())); err != nil {
			return nil, fmt.Errorf("make card of a folder: %w", err)
		}
	}
	if len(c.Files) == 0 {
		return nil, errors.New("make card of a folder: no file has the name of one on a chip, such as EF.SOD.bin or DG1.bin")
	}
	c.MRZ = zoneOfDG1(c.Files[kiosk.FileDG1])
	c.CAN = canOfZone(c.MRZ)
	c.PACE = offersOf(c.Files[kiosk.FileCardAccess])
	return c, nil
}

// canOfZone gives the CAN that follows from the 12-digit number of a Vietnamese card's zone, "" for other documents.
func canOfZone(lines [3]string) string {
	if len(lines[0]) != 30 || !strings.HasPrefix(lines[0], "IDVNM") || strings.Trim(lines[0][15:27], "0123456789") != "" {
		return ""
	}
	return lines[0][21:27]
}

// offersOf reads the ways of PACE that EF.CardAccess announces and that need no key of the chip's own: all but PACE-CAM.
func offersOf(cardAccess []byte) (offers []PACEOffer) {
	set, err := tlv.ReadOne(cardAccess, tlv.Set)
	if err != nil {
		return nil
	}
	infos, err := set.Children()
	if err != nil {
		return nil
	}
	for _, info := range infos {
		parts, err := info.Children()
		if err != nil || len(parts) != 3 {
			continue
		}
		id, err := parts[0].OID()
		parameter, err2 := parts[2].Int()
		if err != nil || err2 != nil {
			continue
		}
		for _, m := range []Mapping{MappingGM, MappingIM} {
			for _, c := range []Cipher{TripleDES, AES128, AES192, AES256} {
				if o := (PACEOffer{m, c, parameter}); o.Check() == nil && o.OID().Equal(id) {
					offers = append(offers, o)
				}
			}
		}
	}
	return offers
}

// readSpecimen reads one file of bounded length.
func readSpecimen(file string) ([]byte, error) {
	st, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if st.Size() == 0 || st.Size() > maxCardFile {
		return nil, fmt.Errorf("%s has %d bytes", filepath.Base(file), st.Size())
	}
	return os.ReadFile(file)
}

// specimenFile gives the file a name stands for, "" for none.
func specimenFile(name string) kiosk.FileID {
	n := strings.ToUpper(name)
	for _, ending := range []string{".BIN", ".DAT", ".DER", ".RAW"} {
		n = strings.TrimSuffix(n, ending)
	}
	n = strings.TrimPrefix(strings.NewReplacer(".", "", "_", "", "-", "", " ", "", "/", "").Replace(n), "EF")
	for _, id := range []kiosk.FileID{
		kiosk.FileCOM, kiosk.FileSOD, kiosk.FileCardAccess, kiosk.FileCardSecurity, kiosk.FileATRInfo, fileDIR,
	} {
		if n == strings.NewReplacer(".", "", "/", "").Replace(strings.ToUpper(strings.TrimPrefix(string(id), "EF."))) {
			return id
		}
	}
	for _, prefix := range []string{"DATAGROUP", "DG"} {
		if g, err := strconv.Atoi(strings.TrimPrefix(n, prefix)); err == nil && strings.HasPrefix(n, prefix) && g >= 1 && g <= 16 {
			return kiosk.FileID("DG" + strconv.Itoa(g))
		}
	}
	if fid, err := strconv.ParseUint(n, 16, 16); err == nil && len(n) == 4 {
		return fileByFID(int(fid), fid != 0x2F00)
	}
	return ""
}

// zoneOfDG1 gives the lines of DG1's zone; none when it has not the length of one (Doc 9303-10 §4.7.1).
func zoneOfDG1(dg1 []byte) (lines [3]string) {
	o, err := tlv.ReadOne(dg1, 0x61)
	if err != nil {
		return lines
	}
	if o, err = tlv.ReadOne(o.Value, 0x5F1F); err != nil {
		return lines
	}
	z := string(bytes.ToUpper(o.Value))
	switch len(z) {
	case 90:
		lines = [3]string{z[:30], z[30:60], z[60:]}
	case 88:
		lines = [3]string{z[:44], z[44:]}
	}
	return lines
}

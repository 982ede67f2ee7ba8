package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// readResult is what `kioskctl card read -json` prints. It holds no personal data unless -citizen asks for it.
type readResult struct {
	Verdict kiosk.Verdict        `json:"verdict"`
	Access  string               `json:"access"`
	Checks  []kiosk.Check        `json:"checks"`
	Signer  kiosk.Signer         `json:"signer"`
	Files   map[kiosk.FileID]int `json:"files"` // bytes
	APDUs   int                  `json:"apdus"`
	Bytes   int                  `json:"bytes"`
	Millis  int64                `json:"ms"`
	Citizen *kiosk.Citizen       `json:"citizen,omitempty"`
}

// cardRead is `kioskctl card read`: opens, reads and verifies one card.
func cardRead(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("card read", "")
	reader := fs.String("reader", "pcsc", "pcsc[:NAME], pn532:PORT or sim[:FILE]; sim alone makes a card with the number "+fictionalNumber)
	can := fs.String("can", "", "card access number, 6 digits")
	number := fs.String("number", "", "12-digit number")
	zone := fs.String("mrz", "", "machine-readable zone, lines joined by /")
	trust := fs.String("trust", "", "folder of CSCA certificates, master lists and revocation lists")
	out := fs.String("out", "", "folder for the raw files")
	citizen := fs.Bool("citizen", false, "print what the card says about its holder")
	wait := fs.Duration("wait", 15*time.Second, "how long to wait for a card")
	fault := fs.String("fault", "", "with sim: a fault by name")
	link := fs.Int("link", 0, "with sim: 106, 212, 424 or 848 kbit/s")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	key, err := cardKey(*can, *number, *zone)
	if err != nil {
		return c.fail(err)
	}
	store, err := openTrust(*trust)
	if err != nil {
		return c.fail(err)
	}
	slot, err := openSlot(*reader, *fault, *link)
	if err != nil {
		return c.fail(err)
	}
	r, err := readCard(ctx, slot, key, store, *wait)
	if err != nil {
		return c.fail(err)
	}
	if err := saveFiles(*out, r.Files); err != nil {
		return c.fail(err)
	}
	return c.reportRead(r, *citizen)
}

// cardKey makes the key of exactly one of the three flags.
func cardKey(can, number, zone string) (kiosk.CardKey, error) {
	keys := []kiosk.CardKey{{Kind: kiosk.KeyCAN, Value: can}, {Kind: kiosk.KeyNumber, Value: number}, {Kind: kiosk.KeyMRZ, Value: zone}}
	keys = slices.DeleteFunc(keys, func(k kiosk.CardKey) bool { return k.Value == "" })
	if len(keys) != 1 {
		return kiosk.CardKey{}, kiosk.Errorf(kiosk.CodeBadInput, "read the command line", "the CAN is the number's last six digits",
			"give exactly one of -can, -number and -mrz")
	}
	return keys[0], nil
}

// openTrust loads a trust folder; without one there are no anchors and no verdict better than undetermined.
func openTrust(dir string) (*pa.Store, error) {
	if dir == "" {
		return pa.NewStore()
	}
	return pa.LoadStore(dir)
}

// readCard waits for a card and reads it.
func readCard(ctx context.Context, slot apdu.Slot, key kiosk.CardKey, store *pa.Store, wait time.Duration) (*kiosk.ChipRead, error) {
	if d, ok := slot.(interface{ Check(context.Context) error }); ok {
		if err := d.Check(ctx); err != nil {
			return nil, err
		}
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := slot.Wait(waiting, true); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, kiosk.Errorf(kiosk.CodeCardTimeout, "wait for a card", "place the card on the reader", "no card within %v", wait)
		}
		return nil, err
	}
	return emrtd.NewReader(slot, emrtd.Options{Trust: store}).Read(ctx, key, nil)
}

// saveFiles writes the raw files, readable by the caller alone.
func saveFiles(dir string, files map[kiosk.FileID][]byte) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "save files", "give a folder that can be written with -out", "%w", err)
	}
	for id, data := range files {
		if err := os.WriteFile(filepath.Join(dir, string(id)+".bin"), data, 0o600); err != nil {
			return kiosk.Errorf(kiosk.CodeBadInput, "save files", "give a folder that can be written with -out", "%w", err)
		}
	}
	return nil
}

func (c *console) reportRead(r *kiosk.ChipRead, citizen bool) exitCode {
	result := readResult{
		Verdict: r.Verdict, Access: r.Access, Checks: r.Checks, Signer: r.Signer, Files: map[kiosk.FileID]int{},
		APDUs: r.APDUs, Bytes: r.Bytes, Millis: r.Duration.Milliseconds(),
	}
	for id, data := range r.Files {
		result.Files[id] = len(data)
	}
	if citizen {
		result.Citizen = &r.Citizen
	}
	return c.report(verdictExit(r.Verdict), result, func(w io.Writer) {
		fmt.Fprintf(w, "%s (%s, %d commands, %d bytes, %v)\n", r.Verdict, r.Access, r.APDUs, r.Bytes, r.Duration.Round(time.Millisecond))
		printChecks(w, r.Checks)
		printSigner(w, r.Signer)
		if citizen {
			printCitizen(w, r.Citizen)
		}
	})
}

// verdictExit gives the exit code of a verdict; what is no verdict is undetermined.
func verdictExit(v kiosk.Verdict) exitCode {
	switch v {
	case kiosk.Verified:
		return exitGood
	case kiosk.Refused:
		return exitRefused
	case kiosk.Undetermined:
	}
	return exitUndetermined
}

func printChecks(w io.Writer, checks []kiosk.Check) {
	for _, k := range checks {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-14s %-13s %s", k.Name, k.Result, k.Reason), " "))
	}
}

func printSigner(w io.Writer, s kiosk.Signer) {
	if s.Subject == "" {
		return
	}
	from, to := s.NotBefore.Format(time.DateOnly), s.NotAfter.Format(time.DateOnly)
	fmt.Fprintf(w, "signer: %s\n  issued by %s, valid %s to %s\n", s.Subject, s.Issuer, from, to)
	if s.Anchor != "" {
		fmt.Fprintf(w, "  under the trust anchor with SHA-256 %s\n", s.Anchor)
	}
}

// printCitizen shows what the card says about its holder, in the card's language.
func printCitizen(w io.Writer, p kiosk.Citizen) {
	expires := p.Expires.String()
	if p.NoExpiry {
		expires = "không thời hạn"
	}
	for _, f := range [][2]string{
		{"Số định danh", p.Number}, {"Họ và tên", p.Name}, {"Ngày sinh", p.Birth.String()}, {"Giới tính", p.Sex},
		{"Quốc tịch", p.Nationality}, {"Dân tộc", p.Ethnicity}, {"Tôn giáo", p.Religion}, {"Quê quán", p.Origin},
		{"Nơi thường trú", p.Residence}, {"Đặc điểm nhận dạng", p.Marks}, {"Ngày cấp", p.Issued.String()}, {"Có giá trị đến", expires},
		{"Cha mẹ", strings.Trim(p.Parents[0]+"; "+p.Parents[1], "; ")}, {"Vợ, chồng", p.Spouse}, {"Số CMND cũ", p.OldNumber},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %s: %s\n", f[0], f[1])
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/cccd"
)

// readResult is what `kioskctl card read -json` prints. It holds no personal data unless -citizen asks for it.
type readResult struct {
	Verdict kiosk.Verdict        `json:"verdict"`
	Because kiosk.CheckName      `json:"because,omitempty"` // the check that decided against verified
	Access  string               `json:"access"`
	Checks  []explained          `json:"checks"`
	Signer  kiosk.Signer         `json:"signer"`
	Files   map[kiosk.FileID]int `json:"files"` // bytes
	APDUs   int                  `json:"apdus"`
	Bytes   int                  `json:"bytes"`
	Millis  int64                `json:"ms"`
	Repeat  *figures             `json:"repeat,omitempty"`
	Citizen *kiosk.Citizen       `json:"citizen,omitempty"`
}

// readFlags are the flags of `card read`.
type readFlags struct {
	reader, can, number, zone, qr, trust, out, fault string
	citizen                                          bool
	wait, timeout                                    time.Duration
	link, repeat                                     int
}

// cardRead is `kioskctl card read`: opens, reads and verifies one card.
func cardRead(ctx context.Context, c *console, args []string) exitCode {
	var f readFlags
	fs := c.flags("card read", "")
	fs.StringVar(&f.reader, "reader", "pcsc", "pcsc[:NAME or :#N], pn532:PORT or sim[:FILE]; sim alone makes a card with the number "+fictionalNumber)
	fs.StringVar(&f.can, "can", "", "card access number, 6 digits")
	fs.StringVar(&f.number, "number", "", "12-digit number")
	fs.StringVar(&f.zone, "mrz", "", "machine-readable zone, lines joined by /")
	fs.StringVar(&f.qr, "qr", "", "payload of the QR code printed on the card")
	fs.StringVar(&f.trust, "trust", "", "folder of CSCA certificates, master lists and revocation lists, or one such file")
	fs.StringVar(&f.out, "out", "", "folder for the raw files; those of an earlier read are replaced")
	fs.BoolVar(&f.citizen, "citizen", false, "print what the card says about its holder")
	fs.DurationVar(&f.wait, "wait", 15*time.Second, "how long to wait for a card")
	fs.DurationVar(&f.timeout, "timeout", 60*time.Second, "how long one read may take")
	fs.IntVar(&f.repeat, "repeat", 1, "read so many times and give figures")
	fs.StringVar(&f.fault, "fault", "", "with sim: a fault by name")
	fs.IntVar(&f.link, "link", 0, "with sim: 106, 212, 424 or 848 kbit/s")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if f.repeat < 1 || f.wait <= 0 || f.timeout <= 0 {
		return c.usageError("-repeat, -wait and -timeout must be more than nothing")
	}
	key, err := cardKey(f)
	if err != nil {
		return c.fail(err)
	}
	store, err := openTrust(f.trust)
	if err != nil {
		return c.fail(err)
	}
	slot, err := openSlot(f.reader, f.fault, f.link)
	if err != nil {
		return c.fail(err)
	}
	if h, ok := slot.(interface{ Halt() error }); ok {
		defer func() { _ = h.Halt() }() // the command ends; the port is closed either way
	}
	if err := awaitCard(ctx, c, slot, f.wait); err != nil {
		return c.fail(err)
	}
	r, fig, err := readTimes(ctx, c, emrtd.NewReader(slot, emrtd.Options{Trust: store, Timeout: f.timeout}), key, f.repeat)
	if err != nil {
		return c.fail(err)
	}
	if err := saveFiles(f.out, r.Files); err != nil {
		return c.fail(err)
	}
	return c.reportRead(r, fig, f.citizen)
}

// cardKey makes the key of exactly one of the flags. What was given never stands in the error.
func cardKey(f readFlags) (kiosk.CardKey, error) {
	keys := []kiosk.CardKey{{Kind: kiosk.KeyCAN, Value: f.can}, {Kind: kiosk.KeyNumber, Value: f.number}, {Kind: kiosk.KeyMRZ, Value: f.zone}}
	if f.qr != "" {
		q, err := cccd.ParseQR(f.qr)
		if err != nil {
			return kiosk.CardKey{}, kiosk.Errorf(kiosk.CodeBadInput, "read the command line", "scan the QR code of a citizen card with `kioskctl scan qr`", "-qr: %w", err)
		}
		keys = append(keys, kiosk.CardKey{Kind: kiosk.KeyNumber, Value: string(q.Number)})
	}
	keys = slices.DeleteFunc(keys, func(k kiosk.CardKey) bool { return k.Value == "" })
	if len(keys) != 1 {
		return kiosk.CardKey{}, kiosk.Errorf(kiosk.CodeBadInput, "read the command line", "the CAN is the number's last six digits",
			"give exactly one of -can, -number and -mrz, or -qr")
	}
	return keys[0], nil
}

// openTrust loads a trust folder; without one there are no anchors and no verdict better than undetermined.
func openTrust(dir string) (*pa.Store, error) {
	if dir == "" {
		return pa.NewStore()
	}
	return pa.Load(dir)
}

// awaitCard waits until a card lies on the reader.
func awaitCard(ctx context.Context, c *console, slot apdu.Slot, wait time.Duration) error {
	if d, ok := slot.(interface{ Check(context.Context) error }); ok {
		err := d.Check(ctx)
		if kiosk.CodeOf(err) == kiosk.CodeReaderMissing {
			err = d.Check(ctx) // a serial bridge may hold back the first bytes, a busy machine the answer
		}
		if err != nil {
			return err
		}
	}
	m := newMeter(c)
	m.say("place the card on the reader")
	defer m.clear()
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	err := slot.Wait(waiting, true)
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return kiosk.Errorf(kiosk.CodeCardTimeout, "wait for a card", "place the card on the reader", "no card within %v", wait)
	}
	return err
}

// reportRead prints the result of a read, with the figures of several.
func (c *console) reportRead(r *kiosk.ChipRead, fig *figures, citizen bool) exitCode {
	result := readResult{
		Verdict: r.Verdict, Because: deciding(r), Access: r.Access, Checks: explain(r.Checks), Signer: r.Signer,
		Files: map[kiosk.FileID]int{}, APDUs: r.APDUs, Bytes: r.Bytes, Millis: r.Duration.Milliseconds(), Repeat: fig,
	}
	for id, data := range r.Files {
		result.Files[id] = len(data)
	}
	if citizen {
		result.Citizen = &r.Citizen
	}
	return c.report(fig.exit(verdictExit(r.Verdict)), result, func(w io.Writer) {
		because := ""
		if result.Because != "" {
			because = ": " + string(result.Because)
			if k, _ := r.Check(result.Because); k.Reason != "" {
				because += ", " + k.Reason
			}
		}
		fmt.Fprintf(w, "%s%s (%s, %d commands, %d bytes, %v)\n", r.Verdict, because, r.Access, r.APDUs, r.Bytes, r.Duration.Round(time.Millisecond))
		printExplained(w, result.Checks)
		printSigner(w, r.Signer)
		fig.print(w)
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

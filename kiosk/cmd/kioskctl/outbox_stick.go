package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/config"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
	"motcua/kiosk/store"
)

// kioskFiles finds the database and the folder of keys: by the configuration, or by -data and -office.
func kioskFiles(path, data, office string) (database, keys string, err error) {
	if data == "" || office == "" {
		cfg, err := config.Load(path)
		if err != nil {
			return "", "", err
		}
		if data == "" {
			data = cfg.Data.Dir
		}
		if office == "" {
			office = cfg.Office.Dir
		}
	}
	return filepath.Join(data, databaseName), office, nil
}

// outboxExport writes what waits into one file, sealed as it is, for a stick: it needs no network and changes nothing here. The
// dossiers go on waiting until their receipts are brought back (outbox accept) or the network is back; whichever comes first, the
// office has each once.
func outboxExport(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("outbox export", "FILE")
	path := fs.String("config", defaultConfig, "configuration of the kiosk")
	data := fs.String("data", "", "data folder, instead of the configuration's")
	office := fs.String("office", "", "folder of the kiosk's keys, instead of the configuration's")
	files, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	database, keys, err := kioskFiles(*path, *data, *office)
	if err != nil {
		return c.fail(err)
	}
	n, size, err := exportTo(ctx, database, keys, files[0])
	if err != nil {
		return c.fail(err)
	}
	out := struct {
		Exported int    `json:"exported"`
		Bytes    int64  `json:"bytes"`
		File     string `json:"file"`
	}{n, size, files[0]}
	return c.report(exitGood, out, func(w io.Writer) {
		fmt.Fprintf(w, "%d dossiers, %d bytes, written and read back; at the office: onestopd import -dir DIR -receipts FILE2 %s\n", n, size, files[0])
	})
}

// exportTo writes the file beside its name, flushes, reads it back from the stick, and only then gives it its name.
func exportTo(ctx context.Context, database, keys, file string) (n int, size int64, err error) {
	self, err := provision.LoadIdentity(keys)
	if err != nil {
		return 0, 0, err
	}
	s, err := store.Attach(ctx, database)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	list, err := unsent(ctx, s)
	if err != nil {
		return 0, 0, err
	}
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return 0, 0, kiosk.Errorf(kiosk.CodeBadInput, "export outbox", "name a file on a mounted stick", "%w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	err = backoffice.WriteStick(f, list, func(b []byte) ([]byte, error) { return self.Signer().Sign(backoffice.StickDomain, b) })
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, 0, kiosk.Errorf(kiosk.CodeUnavailable, "export outbox", "is the stick full or write-protected? try another", "%w", err)
	}
	if n, size, err = readBack(part); err != nil {
		return 0, 0, err
	}
	if n != len(list) {
		return 0, 0, kiosk.Errorf(kiosk.CodeUnavailable, "export outbox", "try another stick", "%d of %d dossiers can be read back", n, len(list))
	}
	return n, size, os.Rename(part, file)
}

func readBack(file string) (n int, size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = backoffice.ReadStick(f, func(s kiosk.Sealed, _, _ []byte) error {
		n++
		size += s.TotalSize()
		return nil
	})
	return n, size, err
}

// unsent gathers what waits, oldest first, envelopes whole and parts to be read while they are written.
func unsent(ctx context.Context, s *store.Store) (list []kiosk.Sealed, err error) {
	rows, err := s.OutboxRows(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.State == kiosk.OutboxAcknowledged {
			continue
		}
		if r.Body, err = s.OutboxBody(ctx, r.ID); kiosk.CodeOf(err) == kiosk.CodeNotFound {
			continue // delivered meanwhile
		} else if err != nil {
			return nil, err
		}
		if r.Parts, err = s.OutboxParts(ctx, r.ID); err != nil {
			return nil, err
		}
		list = append(list, r.Sealed)
	}
	return list, nil
}

// outboxAccept purges what the receipts that were carried back say is at the office. A receipt that is not signed by the office, or
// is about something else, purges nothing.
func outboxAccept(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("outbox accept", "FILE")
	path := fs.String("config", defaultConfig, "configuration of the kiosk")
	data := fs.String("data", "", "data folder, instead of the configuration's")
	office := fs.String("office", "", "folder of the kiosk's keys, instead of the configuration's")
	files, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	database, keys, err := kioskFiles(*path, *data, *office)
	if err != nil {
		return c.fail(err)
	}
	accepted, refused, err := accept(ctx, database, keys, files[0])
	if err != nil {
		return c.fail(err)
	}
	out := struct {
		Accepted int `json:"accepted"`
		Refused  int `json:"refused"`
	}{accepted, refused}
	code := exitGood
	if refused > 0 {
		code = exitRefused
	}
	return c.report(code, out, func(w io.Writer) {
		fmt.Fprintf(w, "%d dossiers are at the office and purged here; %d receipts are not of this office and these dossiers\n", accepted, refused)
	})
}

func accept(ctx context.Context, database, keys, file string) (accepted, refused int, err error) {
	office, err := provision.LoadOffice(keys)
	if err != nil {
		return 0, 0, err
	}
	self, err := provision.LoadIdentity(keys)
	if err != nil {
		return 0, 0, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, kiosk.Errorf(kiosk.CodeBadInput, "read receipts", "name the file that onestopd import wrote", "%w", err)
	}
	list, err := backoffice.ReadReceipts(bytes.NewReader(b))
	if err != nil {
		return 0, 0, err
	}
	s, err := store.Attach(ctx, database)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, a := range list {
		if backoffice.VerifyAck(office.AckKey, a) != nil {
			refused++
			continue
		}
		record, err := seal.SignDeletion(self.Signer(), a, time.Now())
		if err != nil {
			return accepted, refused, err
		}
		switch err := s.Acknowledge(ctx, a, record); kiosk.CodeOf(err) {
		case "":
			accepted++
		case kiosk.CodeNotFound, kiosk.CodeBadInput:
			refused++
		default:
			return accepted, refused, err
		}
	}
	return accepted, refused, nil
}

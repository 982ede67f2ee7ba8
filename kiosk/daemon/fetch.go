package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/bundle"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
	"motcua/kiosk/session"
)

// fetch asks the office for every kind of bundle. What has not changed costs one short answer; what cannot be used is refused by the
// shelf, which keeps the one before and raises its alarm. One kind's fault does not keep the others from coming, an office that is
// away does.
func (d *Daemon) fetch(ctx context.Context) error {
	var faults []error
	away := false
	for _, kind := range bundle.Kinds {
		if !away {
			err := d.fetchOne(ctx, kind)
			if away = kiosk.CodeOf(err) == kiosk.CodeOfficeOffline; err != nil && kiosk.CodeOf(err) != kiosk.CodeNotFound { // an office need not give every kind
				faults = append(faults, err)
			}
		}
		if err := d.adopt(kind); err != nil { // also one that came before and is in force from today on
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

func (d *Daemon) fetchOne(ctx context.Context, kind bundle.Kind) error {
	begun := time.Now()
	shelf, err := OwnShelf(kind, d.opt.Config)
	if err != nil {
		return err
	}
	etag, err := shelf.ETag()
	if err != nil {
		return err
	}
	data, err := d.client.Bundle(ctx, kind, etag)
	if err != nil || data == nil {
		return err
	}
	if err := os.MkdirAll(shelf.Dir, 0o700); err != nil {
		return err
	}
	b, err := shelf.Install(data)
	if err != nil {
		d.log.Event(ctx, audit.BundleRefused, audit.Int(audit.KeyCount, 1), audit.Code(err))
		return err
	}
	d.log.Event(ctx, audit.BundleInstalled, audit.Word(audit.KeyPart, string(kind)), audit.Int(audit.KeyCount, len(b.Payload)), audit.MS(time.Since(begun)))
	return nil
}

// adopt takes what is in force now into use where that needs no new start: announced keys at once, the rota as a file that is read again.
// Catalogue, calendar and places come with the next visit. Consents are loaded at the next start: the page shows the same words.
func (d *Daemon) adopt(kind bundle.Kind) error {
	b, err := current(kind, d.opt.Config)
	if err != nil || b == nil || b.Serial == d.adopted[kind] {
		return err
	}
	d.adopted[kind] = b.Serial
	switch kind {
	case bundle.KindSealKeys:
		list, err := provision.ParseAnnounced(b.Payload)
		if err != nil {
			return err
		}
		d.maker.setAnnounced(list)
	case bundle.KindRota:
		return provision.WriteFile(d.fetchedRota(), b.Payload, 0o600)
	case bundle.KindCatalogue, bundle.KindCalendar, bundle.KindPlaces:
		return d.renewData(context.Background())
	case bundle.KindConsents:
	}
	return nil
}

// renewData loads the catalogue, the calendars and the places in force and gives them to the visits to come.
func (d *Daemon) renewData(ctx context.Context) error {
	begun := time.Now()
	cat, err := LoadCatalogue(d.opt.Config)
	if err != nil {
		return err
	}
	_, office, err := LoadCalendar(d.opt.Config)
	if err != nil {
		return err
	}
	list, err := LoadPlaces(d.opt.Config)
	if err != nil {
		return err
	}
	n := session.Renewal{Catalogue: cat, Apply: func() { d.maker.renew(cat, office) }}
	if list != nil {
		n.Places = list
	}
	d.runner.Renew(n)
	d.log.Event(ctx, audit.CatalogueLoaded, audit.Word(audit.KeyVersion, cat.Version()), audit.Int(audit.KeyCount, cat.Count()), audit.MS(time.Since(begun)))
	return nil
}

// fetchedRota is where the rota lies that came from the office.
func (d *Daemon) fetchedRota() string { return filepath.Join(d.opt.Config.Data.Dir, RotaFile) }

// announced gives the keys that the office announced: as they were fetched, else as they were copied to this kiosk.
func (d *Daemon) announced() ([]seal.Announcement, error) {
	b, err := current(bundle.KindSealKeys, d.opt.Config)
	if err != nil {
		return nil, err
	}
	if b != nil {
		return provision.ParseAnnounced(b.Payload)
	}
	return provision.LoadAnnounced(filepath.Join(d.opt.Config.Office.Dir, provision.FileAnnounced))
}

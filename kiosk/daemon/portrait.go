package daemon

import (
	"context"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/vision"
)

// portraits gives the photo of a card that was read in a form browsers show. Only a photo whose hash matched EF.SOD is in
// ChipRead.Photo, so nothing is decoded that the card did not answer for.
type portraits struct {
	kiosk.CardReader
	log *audit.Log
}

// Read reads the card and makes its portrait. A photo that cannot be decoded is left alone: the page shows a silhouette, and
// comparing faces says why it cannot.
func (p portraits) Read(ctx context.Context, key kiosk.CardKey, progress func(kiosk.ChipProgress)) (*kiosk.ChipRead, error) {
	read, err := p.CardReader.Read(ctx, key, progress)
	if err != nil || read.Photo.IsZero() {
		return read, err
	}
	if read.Portrait, err = vision.Shown(read.Photo); err != nil {
		p.log.Event(ctx, audit.PartAbsent, audit.Word(audit.KeyPart, "portrait"), audit.Code(kiosk.Errorf(kiosk.CodePhotoUnreadable, "show photo", "", "%w", err)))
	}
	return read, nil
}

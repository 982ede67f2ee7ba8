package main

import (
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// chip gives the office what it needs to check and read a chip's files, without any device. Pictures in JPEG 2000 are
// converted by a tool of the system; where it is missing, the page says that there is no picture, and the officer asks for the card.
func chip(trust *pa.Store) onestop.Chip {
	return onestop.Chip{
		PassiveAuth: emrtd.PassiveAuth(trust), Decode: emrtd.Decode, ActiveAuth: emrtd.ActiveAuth,
		Photo: func(groups map[kiosk.FileID][]byte) (kiosk.Image, error) {
			f, err := lds.ParseDG2(groups[kiosk.FileDG2])
			return f.Image, err
		},
		Convert: showPortrait,
	}
}

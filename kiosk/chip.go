package kiosk

import (
	"context"
	"log/slog"
	"time"
)

// KeyKind says from what the chip's access key is derived.
type KeyKind string

// The kinds of access key. KeyNumber is the 12-digit number of a Vietnamese card: its last six digits are the CAN.
const (
	KeyCAN    KeyKind = "can"
	KeyNumber KeyKind = "number"
	KeyMRZ    KeyKind = "mrz"
)

// CardKey opens a chip. Value is the 6-digit CAN, the 12-digit number, or the MRZ's lines joined by "/". It redacts itself.
type CardKey struct {
	Kind  KeyKind
	Value string
}

// String gives the kind alone.
func (k CardKey) String() string { return string(k.Kind) + " " + redacted }

// GoString gives the kind alone.
func (k CardKey) GoString() string { return k.String() }

// LogValue gives the kind alone.
func (k CardKey) LogValue() slog.Value { return slog.StringValue(string(k.Kind)) }

// FileID names an elementary file of the chip as ICAO does: "EF.COM", "EF.SOD", "EF.CardAccess", "DG1", "DG2", "DG13", …
type FileID string

// The files this project reads.
const (
	FileCardAccess   FileID = "EF.CardAccess"
	FileCardSecurity FileID = "EF.CardSecurity"
	FileATRInfo      FileID = "EF.ATR/INFO"
	FileCOM          FileID = "EF.COM"
	FileSOD          FileID = "EF.SOD"
	FileDG1          FileID = "DG1"
	FileDG2          FileID = "DG2"
	FileDG11         FileID = "DG11"
	FileDG12         FileID = "DG12"
	FileDG13         FileID = "DG13"
	FileDG14         FileID = "DG14"
	FileDG15         FileID = "DG15"
)

// ChipRead is all that one read of a chip gave: raw files exactly as read, the checks made, and what the verified bytes say.
// Citizen and Photo are filled only from groups whose hash matched EF.SOD.
type ChipRead struct {
	Access    string            // "PACE-CAN ECDH-GM-AES-128 brainpoolP256r1", "BAC-MRZ", "none", …
	Files     map[FileID][]byte // raw bytes
	Checks    []Check           // in the order they were made
	Verdict   Verdict           // of the document; the face is judged elsewhere
	Signer    Signer            // who signed the security object
	Challenge []byte            // active authentication challenge sent, 8 bytes, nil when not run
	Signature []byte            // the chip's answer to it
	Citizen   Citizen
	Photo     Image         // DG2's face, encoded as on the chip
	Portrait  Image         // Photo as browsers show it; zero when Photo is that already or could not be decoded
	APDUs     int           // command-response pairs exchanged
	Bytes     int           // bytes of files read
	Duration  time.Duration // wall time of the read
}

// Check gives the check of that name; ok is false when it was not made.
func (r *ChipRead) Check(name CheckName) (c Check, ok bool) {
	for _, c := range r.Checks {
		if c.Name == name {
			return c, true
		}
	}
	return Check{}, false
}

// String redacts.
func (*ChipRead) String() string { return redacted }

// LogValue redacts.
func (*ChipRead) LogValue() slog.Value { return slog.StringValue(redacted) }

// Wipe zeroes every byte slice and forgets the rest.
func (r *ChipRead) Wipe() {
	for _, f := range r.Files {
		clear(f)
	}
	clear(r.Challenge)
	clear(r.Signature)
	r.Photo.Wipe()
	r.Portrait.Wipe()
	*r = ChipRead{}
}

// Signer describes the document signer for people: no keys, no personal data.
type Signer struct {
	Subject   string    `json:"subject"`    // document signer certificate's subject
	Issuer    string    `json:"issuer"`     // its issuer (the CSCA's subject)
	Country   string    `json:"country"`    // two letters
	Serial    string    `json:"serial"`     // hexadecimal
	NotBefore time.Time `json:"not_before"` //
	NotAfter  time.Time `json:"not_after"`  //
	Anchor    string    `json:"anchor"`     // SHA-256 of the trust anchor that closed the chain, hexadecimal; "" when none did
}

// ChipProgress is told while a chip is read.
type ChipProgress struct {
	File  FileID // the file being read; "" while access is established
	Done  int    // bytes read of all files so far
	Total int    // bytes expected; 0 while not known
	Chunk []byte // the piece of File just read, nil at other times; valid during the call alone and not verified yet
}

// CardReader reads chip cards.
//
// Ready gives nil, or why no card can be read now (reader_missing, reader_fault). It takes two seconds at most.
//
// Watch reports presence until ctx ends: true when a card came, false when it left; the first value is the state at the start.
// The channel is closed when ctx ends. A reader that is unplugged reports false and goes on watching.
//
// Read opens the chip with key, reads and verifies it. A document that fails its checks is a result with Verdict [Refused],
// not an error. Errors carry a Code: card_lost, card_wrong_key, card_unsupported, card_changed, card_protocol, card_timeout,
// reader_missing, reader_fault. A card that returned within 30 s of a card_lost is resumed at the offset when the same key is
// given again, unless another card answers (card_changed: everything read before is discarded). Forget wipes what is kept
// for that; a visit that ends calls it.
type CardReader interface {
	String() string
	Ready(ctx context.Context) error
	Watch(ctx context.Context) <-chan bool
	Read(ctx context.Context, key CardKey, progress func(ChipProgress)) (*ChipRead, error)
	Forget()
}

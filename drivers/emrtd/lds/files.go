// Package lds decodes and builds the files of an eMRTD: EF.COM, the data groups and the security infos.
//
// The logical data structure (LDS) is a set of elementary files, each one BER-TLV object. [Info] says where a file lies and
// which tag it has; ParseX takes a file's raw bytes as read, Marshal builds the same for the simulated card. Nothing here is
// trusted: whether a file is genuine is decided by package pa over its raw bytes, never over what was decoded.
//
// DG13 is the Vietnamese group; its layout is not published and was established from public readers (see [DG13]). A defect in
// it never makes the rest unreadable.
//
// States differ in how they write files. Parsers take what can be understood; [Inspect] says in what a file deviates from its
// standard, and [EncodingCheck] what that is worth. Pictures are never decoded here: their headers are read, and what no decoder
// should see is refused ([ErrImage]).
//
// Errors name tags and fields, never contents.
//
// Sources: ICAO Doc 9303-10 §4 (LDS1 files, identifiers, tags), Doc 9303-11 §9.2 (security infos), BSI TR-03110-3 §A.1.1,
// ISO/IEC 19794-5:2005 §5 and :2011 §5 (facial record), ISO/IEC 39794-5:2019 annex A (face image data block), ISO/IEC 7816-11
// (biometric templates), ITU-T T.81 annex B (JPEG), T.800 annexes A and I (JPEG 2000).
package lds

import (
	"errors"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// Errors, wrapped with the file and field they concern.
var (
	ErrFormat      = errors.New("file has the wrong structure")
	ErrUnsupported = errors.New("format not supported")
	ErrMissing     = errors.New("field missing")
	ErrImage       = errors.New("picture outside the limits") // or not what its header says
)

// The files this package knows beyond those of package kiosk.
const (
	FileDG3          kiosk.FileID = "DG3"  // fingers: needs terminal authentication
	FileDG4          kiosk.FileID = "DG4"  // irises: likewise
	FileDG5          kiosk.FileID = "DG5"  // displayed portrait
	FileDG6          kiosk.FileID = "DG6"  // reserved
	FileDG7          kiosk.FileID = "DG7"  // displayed signature
	FileDG8          kiosk.FileID = "DG8"  // data features
	FileDG9          kiosk.FileID = "DG9"  // structure features
	FileDG10         kiosk.FileID = "DG10" // substance features
	FileDG16         kiosk.FileID = "DG16" // persons to notify
	FileDIR          kiosk.FileID = "EF.DIR"
	FileDG11                      = kiosk.FileDG11 // additional personal details
	FileDG12                      = kiosk.FileDG12 // additional document details
	FileCardSecurity              = kiosk.FileCardSecurity
	FileATR                       = kiosk.FileATRInfo
)

// FileInfo says where a file lies on the chip and what it begins with.
type FileInfo struct {
	ID     kiosk.FileID
	EF     uint16  // file identifier for SELECT
	SFI    byte    // short file identifier for READ BINARY
	Tag    tlv.Tag // first tag of the file; 0 for EF.ATR/INFO and EF.DIR, which hold several objects
	Group  int     // data group number, 0 for none
	Master bool    // in the master file, not in the eMRTD application
}

// files is the table of Doc 9303-10 §4.2 (master file) and §4.6 (application).
var files = []FileInfo{
	{FileATR, 0x2F01, 0x01, 0, 0, true},
	{FileDIR, 0x2F00, 0x1E, 0, 0, true},
	{kiosk.FileCardAccess, 0x011C, 0x1C, tlv.Set, 0, true},
	{FileCardSecurity, 0x011D, 0x1D, tlv.Sequence, 0, true},
	{kiosk.FileCOM, 0x011E, 0x1E, 0x60, 0, false},
	{kiosk.FileSOD, 0x011D, 0x1D, 0x77, 0, false},
	{kiosk.FileDG1, 0x0101, 0x01, 0x61, 1, false},
	{kiosk.FileDG2, 0x0102, 0x02, 0x75, 2, false},
	{FileDG3, 0x0103, 0x03, 0x63, 3, false},
	{FileDG4, 0x0104, 0x04, 0x76, 4, false},
	{FileDG5, 0x0105, 0x05, 0x65, 5, false},
	{FileDG6, 0x0106, 0x06, 0x66, 6, false},
	{FileDG7, 0x0107, 0x07, 0x67, 7, false},
	{FileDG8, 0x0108, 0x08, 0x68, 8, false},
	{FileDG9, 0x0109, 0x09, 0x69, 9, false},
	{FileDG10, 0x010A, 0x0A, 0x6A, 10, false},
	{FileDG11, 0x010B, 0x0B, 0x6B, 11, false},
	{FileDG12, 0x010C, 0x0C, 0x6C, 12, false},
	{kiosk.FileDG13, 0x010D, 0x0D, 0x6D, 13, false},
	{kiosk.FileDG14, 0x010E, 0x0E, 0x6E, 14, false},
	{kiosk.FileDG15, 0x010F, 0x0F, 0x6F, 15, false},
	{FileDG16, 0x0110, 0x10, 0x70, 16, false},
}

// Files gives every known file.
func Files() []FileInfo { return append([]FileInfo(nil), files...) }

// Info gives a file's place; ok is false for an unknown name.
func Info(id kiosk.FileID) (f FileInfo, ok bool) {
	return find(func(f FileInfo) bool { return f.ID == id })
}

// Group gives the file of a data group number.
func Group(n int) (f FileInfo, ok bool) {
	return find(func(f FileInfo) bool { return f.Group == n && n != 0 })
}

// ByTag gives the application file that begins with a tag.
func ByTag(tag tlv.Tag) (f FileInfo, ok bool) {
	return find(func(f FileInfo) bool { return f.Tag == tag && !f.Master })
}

func find(match func(FileInfo) bool) (FileInfo, bool) {
	for _, f := range files {
		if match(f) {
			return f, true
		}
	}
	return FileInfo{}, false
}

package firmware

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"motcua/kiosk"
)

// Flashed is what came of a [Flash].
type Flashed struct {
	SHA256  string `json:"sha256"`  // of the image, and of what the disk gives back
	Size    int64  `json:"size"`    // bytes of the image
	Written int64  `json:"written"` // bytes that were not on the disk yet
}

// flushEvery is how many bytes are written before the disk must have them, so that progress tells the disk's pace, not the memory's.
const flushEvery = 64 << 20

// Flash makes a disk hold an image of size bytes, and reads it back. sum is the SHA-256 that the image is to have, "" when nobody
// said; with one the image is read first, and nothing is written when it is another. Blocks that the disk holds already are not
// written again: a flash that was cut goes on where it stopped when it is called once more. The first block, with the partition
// table, is emptied first and written last, so that a half written disk does not start. Errors: bad_input for an image or a disk that
// will not do, internal for a disk that fails or gives back something else.
func Flash(ctx context.Context, to Partition, image io.ReaderAt, size int64, sum string, progress Progress) (Flashed, error) {
	const op = "flash the disk"
	if to.Size() < size {
		return Flashed{}, kiosk.Errorf(kiosk.CodeBadInput, op, "take a larger card or disk", "it holds %d MB, the image has %d MB", to.Size()/1e6, size/1e6)
	}
	if _, err := FirmOf(image, size); err != nil {
		return Flashed{}, err
	}
	if sum != "" {
		got, err := hashBlocks(ctx, image, size, func(n int64) { progress("check", n, size) })
		if err != nil {
			return Flashed{}, flashFault(ctx, "read the image", err)
		}
		if got != sum {
			return Flashed{}, kiosk.Errorf(kiosk.CodeBadInput, op, "get the image again", "the image is not the one whose SHA-256 was given; nothing was written")
		}
	}
	f := Flashed{Size: size}
	var err error
	if f.SHA256, f.Written, err = writeImage(ctx, to, image, size, func(n int64) { progress("write", n, size) }); err != nil {
		return f, flashFault(ctx, "write the disk", err)
	}
	if err := to.Forget(); err != nil {
		return f, flashFault(ctx, "read the disk back", err)
	}
	got, err := hashBlocks(ctx, to, size, func(n int64) { progress("verify", n, size) })
	if err != nil {
		return f, flashFault(ctx, "read the disk back", err)
	}
	if got != f.SHA256 {
		return f, flashFault(ctx, "read the disk back", errors.New("it gives back something else than was written"))
	}
	return f, nil
}

// FirmOf gives the boot partition of an image of size bytes, on which the file of one kiosk goes. Errors: bad_input, for what is no
// image of a kiosk.
func FirmOf(image io.ReaderAt, size int64) (Entry, error) {
	err := errors.New("it is too short")
	if size >= 2*firstUsable*sector {
		var t Table
		if t, err = readTable(image.ReadAt, 1); err == nil {
			if e, ok := t.Find(NameFirm); ok {
				return e, nil
			}
			err = errors.New("it has no partition " + NameFirm)
		}
	}
	return Entry{}, kiosk.Errorf(kiosk.CodeBadInput, "look at the image", "name the file that make image wrote (kiosk-….img)", "this is no image of a kiosk: %w", err)
}

func flashFault(ctx context.Context, op string, err error) error {
	hint := "try once more; if it happens again, replace the card or the reader"
	if ctx.Err() != nil {
		hint = "run the same command again: it goes on where it stopped"
	}
	return kiosk.Errorf(kiosk.CodeInternal, op, hint, "%w", err)
}

// writeImage gives the image's SHA-256 and how much the disk did not hold yet.
func writeImage(ctx context.Context, to Partition, image io.ReaderAt, size int64, progress func(int64)) (sum string, written int64, err error) {
	hash, buf, old := sha256.New(), make([]byte, block), make([]byte, block)
	var head []byte
	var emptied bool
	var unsafe int64
	for at := int64(0); at < size; at += int64(len(buf)) {
		if err := ctx.Err(); err != nil {
			return "", written, err
		}
		buf = buf[:min(block, size-at)]
		if _, err := io.ReadFull(io.NewSectionReader(image, at, int64(len(buf))), buf); err != nil {
			return "", written, err
		}
		hash.Write(buf)
		if at == 0 {
			head = bytes.Clone(buf)
		}
		if !holds(to, buf, old, at) {
			if !emptied {
				if err := writeSafe(to, make([]byte, len(head)), 0); err != nil {
					return "", written, err
				}
				emptied = true
			}
			if at > 0 {
				if _, err := to.WriteAt(buf, at); err != nil {
					return "", written, err
				}
			}
			written += int64(len(buf))
			if unsafe += int64(len(buf)); unsafe >= flushEvery {
				unsafe = 0
				if err := to.Sync(); err != nil {
					return "", written, err
				}
			}
		}
		progress(at + int64(len(buf)))
	}
	if emptied {
		if err := to.Sync(); err != nil {
			return "", written, err
		}
		err = writeSafe(to, head, 0)
	}
	return hex.EncodeToString(hash.Sum(nil)), written, err
}

// holds reports whether the disk has these bytes at this place. A place that cannot be read has none.
func holds(d Disk, want, scratch []byte, at int64) bool {
	n, err := d.ReadAt(scratch[:len(want)], at)
	return n == len(want) && (err == nil || errors.Is(err, io.EOF)) && bytes.Equal(want, scratch[:n])
}

func writeSafe(d Disk, data []byte, at int64) error {
	if _, err := d.WriteAt(data, at); err != nil {
		return err
	}
	return d.Sync()
}

func hashBlocks(ctx context.Context, from io.ReaderAt, size int64, progress func(int64)) (string, error) {
	sum, buf := sha256.New(), make([]byte, block)
	for at := int64(0); at < size; at += int64(len(buf)) {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		buf = buf[:min(block, size-at)]
		if _, err := io.ReadFull(io.NewSectionReader(from, at, int64(len(buf))), buf); err != nil {
			return "", err
		}
		sum.Write(buf)
		progress(at + int64(len(buf)))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Whole is a disk that is flashed: a block device that nobody uses, or a file in its place.
type Whole struct{ device }

// OpenWhole opens a disk for [Flash]. The kernel refuses a block device that is mounted or otherwise in use, in whole or in part.
// A file must be there and large enough: it stands for a disk. Errors: bad_input.
func OpenWhole(path string) (*Whole, error) {
	const op = "open the disk"
	info, err := os.Stat(path)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "lsblk lists the disks", "%w", err)
	}
	flags := os.O_RDWR
	switch {
	case info.Mode()&os.ModeDevice != 0 && info.Mode()&os.ModeCharDevice == 0:
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			real = path
		}
		if _, err := os.Stat(filepath.Join("/sys/class/block", filepath.Base(real), "partition")); err == nil {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "name the whole disk", "%s is a partition", path)
		}
		flags |= syscall.O_EXCL
	case !info.Mode().IsRegular():
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "lsblk lists the disks", "%s is neither a disk nor a file", path)
	}
	f, err := os.OpenFile(path, flags, 0)
	switch {
	case errors.Is(err, syscall.EBUSY):
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "is it the right one? unmount it first (umount "+path+"*)", "%s is in use", path)
	case errors.Is(err, os.ErrPermission):
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "run it with sudo", "%w", err)
	case err != nil:
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "lsblk lists the disks", "%w", err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "is a card in the reader?", "%w", errors.Join(err, f.Close()))
	}
	return &Whole{device{f, size}}, nil
}

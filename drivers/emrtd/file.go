package emrtd

import (
	"context"
	"errors"
	"fmt"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// Reading files (Doc 9303-10 §3.6, ISO/IEC 7816-4 §11.3). The first READ BINARY selects by short identifier and brings the
// header with the first data; a card that refuses that is asked in smaller steps.

// Errors of a file.
var (
	errNoFile = errors.New("no such file on the chip")
	errDenied = errors.New("chip denies access to the file")
	// errShorter means that the session died on a read length; the next attempt will ask for less.
	errShorter = errors.New("read length refused")
)

// headerSize is enough for tag and length of every file.
const headerSize = 8

// maxNaked bounds the length tried after a session has died of one: every step costs a session, so the first step leaves all
// extended lengths behind.
const maxNaked = 224

// maxOffset is the last offset of an even READ BINARY; beyond it the odd one is used.
const maxOffset = 0x7FFF

// files reads elementary files through a channel.
type files struct {
	ch      *channel
	mem     *cardMemory
	maxFile int // bytes
	maxAPDU int // commands per file
	// chunk is told after every piece: bytes of the file read, and its length.
	chunk func(done, total int)
}

// reading is a file being read.
type reading struct {
	*files
	info  lds.FileInfo
	buf   []byte
	total int
	count int
}

// read gives a whole file; have is what an interrupted read got of it. Errors: errNoFile, errDenied, errShorter, card_protocol,
// the card's. On an error the bytes read so far are returned too.
func (f *files) read(ctx context.Context, info lds.FileInfo, have []byte) ([]byte, error) {
	r := &reading{files: f, info: info, buf: have}
	err := r.run(ctx)
	if r.total > 0 && len(r.buf) > r.total {
		r.buf = r.buf[:r.total:r.total]
	}
	if err != nil {
		return r.buf, fmt.Errorf("read %s: %w", info.ID, err)
	}
	return r.buf, nil
}

func (r *reading) run(ctx context.Context) error {
	if len(r.buf) < headerSize {
		r.buf = nil
		if err := r.begin(ctx); err != nil {
			return err
		}
	} else if err := r.selectEF(ctx); err != nil {
		return err
	}
	if err := r.measure(); err != nil {
		return err
	}
	for r.report(); len(r.buf) < r.total; r.report() {
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) report() {
	if r.chunk != nil {
		r.chunk(min(len(r.buf), r.total), r.total)
	}
}

// measure reads the file's length from its header.
func (r *reading) measure() error {
	_, size, length, err := tlv.Header(r.buf)
	if err != nil {
		return protocolError("file header: %w", err)
	}
	if size+length > r.maxFile {
		return protocolError("file of %d bytes: limit is %d", size+length, r.maxFile)
	}
	r.total = size + length
	return nil
}

// limit gives the longest read to ask for, in plain bytes.
func (r *reading) limit() int {
	n := 256
	if m := r.ch.card.MaxResponse(); m > n && extendedLengths(r.ch.card.ATR()) {
		n = m
	}
	n = min(r.ch.maxPlain(n), ladder[0])
	if r.mem.max > 0 {
		n = min(n, r.mem.max)
	}
	return n
}

// begin gets the first bytes, at least the header.
func (r *reading) begin(ctx context.Context) error {
	if !r.mem.noSFI && r.info.SFI != 0 {
		done, err := r.first(ctx, 0x80|r.info.SFI)
		if done || err != nil {
			return err
		}
		r.mem.noSFI = true
	}
	if err := r.selectEF(ctx); err != nil {
		return err
	}
	done, err := r.first(ctx, 0)
	if err == nil && !done {
		err = protocolError("first read of a selected file refused")
	}
	return err
}

// first reads from offset 0, at full length and then the header alone. done is false when the chip refuses this way of reading.
func (r *reading) first(ctx context.Context, p1 byte) (done bool, err error) {
	for _, ne := range []int{r.limit(), headerSize} {
		resp, err := r.binary(ctx, apdu.Command{INS: 0xB0, P1: p1, Ne: ne}, ne)
		if err != nil {
			return false, err
		}
		if n, ok := resp.SW.ExactLength(); ok && n < ne {
			ne = n
			if resp, err = r.binary(ctx, apdu.Command{INS: 0xB0, P1: p1, Ne: ne}, ne); err != nil {
				return false, err
			}
		}
		switch {
		case len(resp.Data) > ne:
			return false, protocolError("more bytes than asked for")
		case len(resp.Data) > 0 && (resp.SW.OK() || resp.SW == apdu.StatusEndOfFile):
			r.buf = append(r.buf, resp.Data...)
			return true, nil
		case resp.SW == apdu.StatusNotFound:
			return false, errNoFile
		case resp.SW == apdu.StatusSecurity:
			return false, errDenied
		}
	}
	return false, nil
}

// selectEF selects by file identifier, without Le: some chips refuse it with P2=0C.
func (r *reading) selectEF(ctx context.Context) error {
	resp, err := r.ch.do(ctx, apdu.Command{
		INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{byte(r.info.EF >> 8), byte(r.info.EF)},
	})
	switch {
	case err != nil:
		return err
	case resp.SW.OK():
		return nil
	case resp.SW == apdu.StatusSecurity, resp.SW == apdu.StatusNotSatisfied:
		return errDenied
	case resp.SW == apdu.StatusNotFound:
		return errNoFile
	}
	return protocolError("%w", statusError("select file", resp.SW))
}

// next reads one piece at the current offset.
func (r *reading) next(ctx context.Context) error {
	offset := len(r.buf)
	ne := min(r.total-offset, r.limit())
	cmd := apdu.Command{INS: 0xB0, P1: byte(offset >> 8), P2: byte(offset), Ne: ne}
	if offset > maxOffset {
		ne = min(ne, r.limit()-wrapping(r.limit()))
		cmd = apdu.Command{INS: 0xB1, Data: offsetObject(offset), Ne: ne + wrapping(ne)}
	}
	resp, err := r.binary(ctx, cmd, ne)
	if err != nil {
		return err
	}
	data := resp.Data
	if cmd.INS == 0xB1 && len(data) > 0 {
		if data, err = discretionary(data); err != nil {
			return err
		}
	}
	switch {
	case len(data) > ne:
		return protocolError("more bytes than asked for")
	case len(data) > 0 && (resp.SW.OK() || resp.SW == apdu.StatusEndOfFile):
		r.buf = append(r.buf, data...)
		return nil
	}
	return r.refused(resp.SW, ne)
}

// refused decides what to do after a read that brought nothing: ask for less, or give up.
func (r *reading) refused(sw apdu.Status, ne int) error {
	if n, ok := sw.ExactLength(); ok && n < ne && n >= smallestRead {
		r.mem.max = n
		return nil
	}
	if (sw == apdu.StatusWrongLength || sw == apdu.StatusEndOfFile) && r.mem.shrink(ne) {
		return nil
	}
	return protocolError("file ends at %d of %d bytes: %w", len(r.buf), r.total, sw)
}

// binary sends a READ BINARY, counting. A session that dies on a length marks the length as refused.
func (r *reading) binary(ctx context.Context, cmd apdu.Command, ne int) (apdu.Response, error) {
	if r.count++; r.count > r.maxAPDU {
		return apdu.Response{}, protocolError("more than %d commands for one file", r.maxAPDU)
	}
	resp, err := r.ch.do(ctx, cmd)
	var sw apdu.Status
	if errors.Is(err, errUnprotected) && errors.As(err, &sw) && (sw == apdu.StatusWrongLength || sw>>8 == 0x6C) &&
		ne > smallestRead && r.mem.shrink(min(ne, maxNaked)) {
		return resp, fmt.Errorf("%w: %w", errShorter, err)
	}
	return resp, err
}

// offsetObject codes the offset of an odd READ BINARY (ISO/IEC 7816-4 §11.3.3).
func offsetObject(offset int) []byte {
	return tlv.Encode(0x54, []byte{byte(offset >> 16), byte(offset >> 8), byte(offset)})
}

// wrapping gives the bytes of tag and length around n bytes in DO53.
func wrapping(n int) int {
	switch {
	case n < 0x80:
		return 2
	case n < 0x100:
		return 3
	}
	return 4
}

// discretionary opens DO53, the answer to an odd READ BINARY.
func discretionary(data []byte) ([]byte, error) {
	o, err := tlv.ReadOne(data, 0x53)
	if err != nil {
		return nil, protocolError("answer to odd read: %w", err)
	}
	return o.Value, nil
}

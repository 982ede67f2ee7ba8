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
	// errCut means that the chip has fewer bytes than the file's header says. What it has is the file; its hash decides.
	errCut = errors.New("file ends before its length says")
	// errShorter means that the session died on a length; the next attempt will ask for less.
	errShorter = errors.New("length refused")
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
	// chunk is told every piece, the first of a resumed file being what is there already: bytes of the file read, and its length.
	chunk func(piece []byte, done, total int)
}

// reading is a file being read.
type reading struct {
	*files
	info  lds.FileInfo
	buf   []byte
	total int
	begun bool
	base  int  // commands of the session before this file
	told  int  // bytes of buf that chunk was told of
	most  int  // longest read while the end of the file is looked for, 0 for no bound
	ended bool // the chip has said that the file ends
}

// read gives a whole file; have is what an interrupted read got of it. Errors: errNoFile, errDenied, errCut, errShorter,
// card_protocol, the card's. On an error the bytes read so far are returned too.
func (f *files) read(ctx context.Context, info lds.FileInfo, have []byte) ([]byte, error) {
	r := &reading{files: f, info: info, buf: have}
	learnt := f.mem.max
	err := r.run(ctx)
	if r.total > 0 && len(r.buf) > r.total {
		r.buf = r.buf[:r.total:r.total]
	}
	if errors.Is(err, errCut) {
		f.mem.max = learnt // lengths were refused because the file ended
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
	done := min(len(r.buf), r.total)
	if r.chunk != nil && done > r.told {
		r.chunk(r.buf[r.told:done], done, r.total)
		r.told = done
	}
}

// measure reads the file's length from its header.
func (r *reading) measure() error {
	_, size, length, err := tlv.Header(r.buf)
	if err != nil {
		return protocolError("file header: %w", err)
	}
	if length > r.maxFile-size {
		return protocolError("file of %d bytes: limit is %d", size+length, r.maxFile)
	}
	r.total = size + length
	return nil
}

// limit gives the longest read to ask for, in plain bytes.
func (r *reading) limit() int {
	n := min(r.ch.maxPlain(r.ch.longestAnswer()), ladder[0])
	if r.mem.max > 0 {
		n = min(n, r.mem.max)
	}
	return max(n, 1)
}

// begin gets the first bytes, at least the header.
func (r *reading) begin(ctx context.Context) error {
	if !r.mem.noSFI && r.info.SFI != 0 {
		done, err := r.first(ctx, 0x80|r.info.SFI)
		switch {
		case done:
			r.mem.sfi = true
			return nil
		case err != nil && (r.mem.sfi || !errors.Is(err, errNoFile)):
			return err
		}
		// Not found may be said of the file, or of short identifiers as such, as long as none has worked.
	}
	if err := r.selectEF(ctx); err != nil {
		return err
	}
	r.mem.noSFI = r.mem.noSFI || r.info.SFI != 0
	done, err := r.first(ctx, 0)
	if err == nil && !done {
		err = protocolError("first read of a selected file refused")
	}
	return err
}

// first reads from offset 0, at full length and then the header alone. done is false when the chip refuses this way of reading.
func (r *reading) first(ctx context.Context, p1 byte) (done bool, err error) {
	lengths := []int{r.limit(), headerSize}
	if r.mem.strictEnd {
		lengths = lengths[1:]
	}
	for _, ne := range lengths {
		resp, err := r.firstOf(ctx, apdu.Command{INS: 0xB0, P1: p1, Ne: ne})
		if err != nil {
			return false, err
		}
		switch {
		case len(resp.Data) > ne:
			return false, protocolError("more bytes than asked for")
		case len(resp.Data) > 0 && (resp.SW.OK() || resp.SW == apdu.StatusEndOfFile):
			r.take(resp, ne)
			r.learn(lengths[0], ne)
			return true, nil
		case resp.SW == apdu.StatusNotFound:
			return false, errNoFile
		case resp.SW == apdu.StatusSecurity:
			return false, errDenied
		}
	}
	return false, nil
}

// firstOf sends the first read, again with the length the chip proposes by 6Cxx.
func (r *reading) firstOf(ctx context.Context, cmd apdu.Command) (apdu.Response, error) {
	resp, err := r.binary(ctx, cmd, cmd.Ne)
	if n, ok := resp.SW.ExactLength(); err == nil && ok && n < cmd.Ne {
		cmd.Ne = n
		resp, err = r.binary(ctx, cmd, n)
	}
	return resp, err
}

// learn remembers a chip that refuses to read past the end of a file: the full length was refused, the header was not, and the
// file is shorter.
func (r *reading) learn(full, worked int) {
	if worked >= full {
		return
	}
	if _, size, length, err := tlv.Header(r.buf); err == nil && length < full-size {
		r.mem.strictEnd = true
	}
}

// take appends what a read brought.
func (r *reading) take(resp apdu.Response, ne int) {
	r.buf = append(r.buf, resp.Data...)
	r.ended = resp.SW == apdu.StatusEndOfFile && len(resp.Data) < ne
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
	if r.most > 0 {
		ne = min(ne, r.most)
	}
	cmd := apdu.Command{INS: 0xB0, P1: byte(offset >> 8), P2: byte(offset), Ne: ne}
	if offset > maxOffset {
		ne = max(1, min(ne, r.limit()-wrapping(r.limit())))
		cmd = apdu.Command{INS: 0xB1, Data: offsetObject(offset), Ne: ne + wrapping(ne)}
	}
	resp, err := r.binary(ctx, cmd, ne)
	if err != nil {
		return err
	}
	if cmd.INS == 0xB1 && len(resp.Data) > 0 {
		if resp.Data, err = discretionary(resp.Data); err != nil {
			return err
		}
	}
	switch {
	case len(resp.Data) > ne:
		return protocolError("more bytes than asked for")
	case len(resp.Data) > 0 && (resp.SW.OK() || resp.SW == apdu.StatusEndOfFile):
		r.take(resp, ne)
		return nil
	}
	return r.refused(resp.SW, ne)
}

// refused decides what to do after a read that brought nothing: ask for less, or see that the file has ended. Chips tell the two
// apart badly: 6700, 6B00 and 6282 may mean either.
func (r *reading) refused(sw apdu.Status, ne int) error {
	n, exact := sw.ExactLength()
	switch {
	case r.ended:
	case exact && n < ne && n >= smallestRead:
		r.mem.max = n
		return nil
	case exact && n < ne:
		r.most = n
		return nil
	case sw != apdu.StatusWrongLength && sw != apdu.StatusEndOfFile && sw != apdu.StatusWrongOffset && !sw.OK():
		return protocolError("%w", statusError("read binary", sw))
	case ne > smallestRead && r.mem.shrink(ne):
		return nil
	case ne > 1:
		r.most = ne / 2
		return nil
	}
	return protocolError("%w: %d of %d bytes, %w", errCut, len(r.buf), r.total, sw)
}

// binary sends a READ BINARY, counting. A session that dies on a length marks the length as refused.
func (r *reading) binary(ctx context.Context, cmd apdu.Command, ne int) (apdu.Response, error) {
	if !r.begun {
		r.begun, r.base = true, r.ch.apdus
	}
	if r.ch.apdus-r.base >= r.maxAPDU {
		return apdu.Response{}, protocolError("more than %d commands for one file", r.maxAPDU)
	}
	resp, err := r.ch.do(ctx, cmd)
	if nakedLength(err) && ne > smallestRead && r.mem.drop(min(ne, maxNaked)) {
		return resp, shorter(err)
	}
	return resp, err
}

// nakedLength reports whether a session ended with an unprotected status word that complains of a length.
func nakedLength(err error) bool {
	var sw apdu.Status
	return errors.Is(err, errUnprotected) && errors.As(err, &sw) && (sw == apdu.StatusWrongLength || sw>>8 == 0x6C)
}

func shorter(err error) error { return fmt.Errorf("%w: %w", errShorter, err) }

// offsetObject codes the offset of an odd READ BINARY (ISO/IEC 7816-4 §11.3.3).
func offsetObject(offset int) []byte {
	if offset <= 0xFFFF {
		return tlv.Encode(0x54, []byte{byte(offset >> 8), byte(offset)})
	}
	return tlv.Encode(0x54, []byte{byte(offset >> 16), byte(offset >> 8), byte(offset)})
}

// wrapping gives the bytes of tag and length around n bytes, as in DO53.
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

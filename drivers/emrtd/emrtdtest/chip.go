package emrtdtest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"sync"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// AID is the application identifier of the eMRTD application (Doc 9303-10 §3.6.3).
var AID = []byte{0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01}

// Chip is one simulated chip. It is safe for use by several goroutines; commands are answered one after the other.
type Chip struct {
	mu      sync.Mutex
	card    *Card
	opt     Options
	keys    keys
	random  io.Reader
	s       state   // lost when power goes
	counter counter // wrong passwords of PACE
	basic   counter // wrong keys of basic access control
	rest    []byte  // what GET RESPONSE gives
	chain   []byte  // data of the chained commands so far
	chained byte    // their instruction
	torn    bool    // the tear of the options has happened
	sent    int     // bytes of responses since the chip was made
	asked   int     // commands since the chip was made
	nakedly bool    // the naked answer of the options was given

	// pinned gives fixed values to worked examples; nil draws them from random.
	pinned *pinned
}

// keys are what the chip holds beside its files.
type keys struct {
	chip   []chipKey        // chip authentication
	cam    map[int]*big.Int // PACE-CAM, by domain
	active activeKey        // active authentication, nil when the chip has none
}

// state is what a chip forgets when power goes.
type state struct {
	powered bool
	applet  bool
	file    *file      // current elementary file
	sm      *session   // secure messaging, nil before access and after its end
	pace    *paceRun   // PACE between MSE:Set AT and the last GENERAL AUTHENTICATE
	bac     []byte     // RND.IC of the last GET CHALLENGE
	chipRun *chipKey   // what MSE:Set AT for chip authentication chose
	next    *session   // takes over once the response in work is sent
	trace   traceState // what the timing model needs to know about the command in work
}

// New makes a chip of a card. It fails when the card's keys or files cannot be used.
func New(card *Card, opt Options) (*Chip, error) {
	k, err := card.keys()
	if err != nil {
		return nil, fmt.Errorf("make simulated chip: %w", err)
	}
	c := &Chip{card: card, opt: opt, keys: k, random: opt.Random, counter: counter{failed: opt.Tried}}
	if c.random == nil {
		c.random = rand.Reader
	}
	if opt.Clone == CloneForges {
		if err := c.forgeKeys(); err != nil {
			return nil, fmt.Errorf("make simulated chip: %w", err)
		}
	}
	if e, ok := c.keys.active.(ecKey); ok {
		e.zeros = opt.ShortSecrets
		c.keys.active = e
	}
	if _, err := card.variant(opt.TearInto); err != nil {
		return nil, fmt.Errorf("make simulated chip: %w", err)
	}
	if err := c.useVariant(opt.Variant); err != nil {
		return nil, fmt.Errorf("make simulated chip: %w", err)
	}
	return c, nil
}

// Card gives the card the chip was made of. It must not be changed.
func (c *Chip) Card() *Card { return c.card }

// String names the chip without personal data.
func (c *Chip) String() string { return "simulated " + c.card.Profile + " chip" }

// ATR gives the answer to reset a PC/SC reader makes of this chip's ATS (PC/SC 2.0 part 3 §3.1.3.2.3.1): historical bytes with
// the card capabilities of ISO/IEC 7816-4 §12.1.1.9, which say whether extended lengths are taken.
func (c *Chip) ATR() []byte {
	capabilities := byte(0x13)
	if !c.opt.ShortOnly {
		capabilities |= 0x40
	}
	atr := []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC8, 0x21, capabilities}
	var tck byte
	for _, b := range atr[1:] {
		tck ^= b
	}
	return append(atr, tck)
}

// PowerOn powers the chip; it starts without a session.
func (c *Chip) PowerOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s = state{powered: true}
	c.rest, c.chain = nil, nil
}

// PowerOff takes the power away; every session is lost.
func (c *Chip) PowerOff() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powerOff()
}

func (c *Chip) powerOff() {
	c.s = state{}
	if card, err := c.card.variant(c.opt.TearInto); err == nil && c.torn { // New refused unknown variants
		c.card, c.opt.TearInto = card, ""
	}
}

// Process answers one command APDU. It gives nil when the chip has no power, or lost it in the middle of the command.
// It never panics, whatever the command.
func (c *Chip) Process(command []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.s.powered {
		return nil
	}
	c.s.trace = traceState{}
	cmd, err := apdu.ParseCommand(command)
	if err != nil {
		return apdu.Response{SW: apdu.StatusWrongLength}.Bytes()
	}
	if (c.opt.ShortOnly && len(command) > 5 && command[4] == 0) || (c.card.Lengths.Command > 0 && len(command) > c.card.Lengths.Command) {
		return apdu.Response{SW: apdu.StatusWrongLength}.Bytes()
	}
	if c.tearsNow() {
		return nil
	}
	response := c.transport(cmd)
	if !c.s.powered {
		return nil
	}
	if c.opt.TearBytes > 0 && !c.torn {
		if c.sent += len(response); c.sent >= c.opt.TearBytes {
			c.tear()
			return nil
		}
	}
	return c.opt.Hooks.wire(command, response)
}

// answer takes secure messaging off, runs the command and puts it on again (Doc 9303-11 §9.8).
func (c *Chip) answer(cmd apdu.Command) []byte {
	switch {
	case c.s.sm == nil && cmd.CLA&0x0C == 0:
		raw := c.limit(c.run(cmd), c.room(cmd, cmd.Ne)).Bytes()
		c.turn()
		return raw
	case c.s.sm == nil:
		return apdu.Response{SW: apdu.StatusSMMissing}.Bytes()
	case cmd.CLA&0x0C != 0x0C:
		c.endSession() // an unprotected command ends the session (Doc 9303-11 §9.8.3)
		return apdu.Response{SW: apdu.StatusSMMissing}.Bytes()
	}
	plain, sw := c.s.sm.unwrap(cmd)
	if sw != apdu.StatusOK {
		c.endSession()
		return apdu.Response{SW: sw}.Bytes()
	}
	room := c.s.sm.room(cmd.Ne)
	if cmd.Ne == 0 {
		room = c.s.sm.room(256) // case 3 commands leave Le out, the response still holds DO99 and DO8E
	}
	response := c.limit(c.dispatchProtected(plain, room), c.room(cmd, room))
	if naked := c.naked(response); naked != nil {
		return naked
	}
	sm := c.s.sm
	if sm == nil {
		return response.Bytes() // the command ended the session
	}
	raw := sm.wrap(response, plain, c.opt.Hooks)
	if c.opt.BadMAC != "" && c.reads(c.opt.BadMAC) {
		raw[len(raw)-3] ^= 0x01 // the last byte of DO'8E'
		c.opt.BadMAC = ""
	}
	c.turn()
	return raw
}

// turn lets a new session begin with the next command: the answer in work still went out under the old one, or in plain.
func (c *Chip) turn() {
	if c.s.next != nil {
		c.s.sm, c.s.next = c.s.next, nil
	}
}

// dispatchProtected runs a command that came protected. room is the number of data bytes the answer can carry.
func (c *Chip) dispatchProtected(cmd apdu.Command, room int) apdu.Response {
	if isRead(cmd.INS) && cmd.Ne > room {
		if !isMaximum(cmd.Ne) {
			return apdu.Response{SW: apdu.StatusWrongLength}
		}
		cmd.Ne, c.s.trace.asMany = room, true
	}
	return c.run(cmd)
}

// run is dispatch between the hooks.
func (c *Chip) run(cmd apdu.Command) apdu.Response {
	if r := c.opt.Hooks.command(cmd); r != nil {
		return *r
	}
	return c.opt.Hooks.response(cmd, c.collect(cmd))
}

// room gives how many data bytes the answer to a command may have, of which it has room for one response: any number when the
// rest can be fetched.
func (c *Chip) room(cmd apdu.Command, room int) int {
	if c.pieces() && !cmd.Extended() && cmd.Ne > 0 {
		return 1 << 16
	}
	return room
}

// limit turns an answer that does not fit into 6700.
func (c *Chip) limit(r apdu.Response, room int) apdu.Response {
	if len(r.Data) > room || (c.card.Lengths.Response > 0 && len(r.Data) > c.card.Lengths.Response) {
		return apdu.Response{SW: apdu.StatusWrongLength}
	}
	return r
}

func (c *Chip) endSession() {
	c.s.sm, c.s.next, c.s.pace, c.s.bac, c.s.chipRun = nil, nil, nil, nil, nil
	c.chain = nil
	if c.s.file != nil && !c.s.file.free {
		c.s.file = nil
	}
}

// dispatch runs one plain command.
func (c *Chip) dispatch(cmd apdu.Command) apdu.Response {
	if cmd.CLA&^0x1C != 0 {
		return apdu.Response{SW: apdu.StatusWrongCLA}
	}
	switch cmd.INS {
	case insSelect:
		return c.selectFile(cmd)
	case insReadBinary:
		return c.readEven(cmd)
	case insReadBinaryOdd:
		return c.readOdd(cmd)
	case insManageSecurity:
		return c.manageSecurity(cmd)
	case insGeneralAuthenticate:
		return c.generalAuthenticate(cmd)
	case insGetChallenge:
		return c.getChallenge(cmd)
	case insExternalAuthenticate:
		return c.externalAuthenticate(cmd)
	case insInternalAuthenticate:
		return c.internalAuthenticate(cmd)
	}
	return apdu.Response{SW: apdu.StatusWrongINS}
}

// The instructions the chip knows (ISO/IEC 7816-4 §4.4.2 table 5).
const (
	insManageSecurity       byte = 0x22
	insExternalAuthenticate byte = 0x82
	insGetChallenge         byte = 0x84
	insGeneralAuthenticate  byte = 0x86
	insInternalAuthenticate byte = 0x88
	insSelect               byte = 0xA4
	insReadBinary           byte = 0xB0
	insGetResponse          byte = 0xC0
	insReadBinaryOdd        byte = 0xB1
)

// manageSecurity is MANAGE SECURITY ENVIRONMENT: Set AT for PACE (C1A4) and for chip authentication (41A4), Set KAT for
// chip authentication with 3DES (41A6).
func (c *Chip) manageSecurity(cmd apdu.Command) apdu.Response {
	switch {
	case c.opt.StrictLe && cmd.Ne != 0:
		return apdu.Response{SW: apdu.StatusWrongLength}
	case cmd.P1 == 0xC1 && cmd.P2 == 0xA4:
		return c.paceSet(cmd)
	case cmd.P1 == 0x41 && cmd.P2 == 0xA4:
		return c.chipSet(cmd)
	case cmd.P1 == 0x41 && cmd.P2 == 0xA6:
		return c.chipTransport(cmd)
	}
	return apdu.Response{SW: apdu.StatusWrongP1P2}
}

// generalAuthenticate belongs to whichever protocol MANAGE SECURITY ENVIRONMENT chose.
func (c *Chip) generalAuthenticate(cmd apdu.Command) apdu.Response {
	switch {
	case cmd.P1 != 0 || cmd.P2 != 0:
		return apdu.Response{SW: apdu.StatusWrongP1P2}
	case c.s.pace != nil:
		return c.paceStep(cmd)
	case c.s.chipRun != nil:
		return c.chipAuthenticate(cmd)
	}
	return apdu.Response{SW: apdu.StatusNotSatisfied}
}

// naked gives the unprotected answer of the options, once, at the file they name.
func (c *Chip) naked(r apdu.Response) []byte {
	n := c.opt.Naked
	if n.At == "" || c.nakedly || !c.reads(n.At) {
		return nil
	}
	c.nakedly = true
	if n.Data {
		return apdu.Response{Data: bytes.Clone(r.Data), SW: apdu.StatusOK}.Bytes()
	}
	return apdu.Response{SW: n.SW}.Bytes()
}

// reads reports whether the command in work read bytes of this file.
func (c *Chip) reads(id kiosk.FileID) bool {
	return c.s.file != nil && c.s.file.id == id && c.s.trace.read
}

// useVariant lays a variant's files over the card's; "" leaves it as it is.
func (c *Chip) useVariant(name string) error {
	card, err := c.card.variant(name)
	if err != nil {
		return err
	}
	c.card = card
	return nil
}

// tears reports whether reading that far into the file makes the chip lose power.
func (c *Chip) tears(id kiosk.FileID, upTo int) bool {
	return !c.torn && c.opt.TearAt == id && upTo > c.opt.TearOffset
}

// tearsNow counts commands and takes the power away at the one the options name.
func (c *Chip) tearsNow() bool {
	c.asked++
	if c.torn || c.opt.TearCommand == 0 || c.asked < c.opt.TearCommand {
		return false
	}
	c.tear()
	return true
}

// tear takes the power away, once.
func (c *Chip) tear() {
	c.torn = true
	c.powerOff()
}

// open reports whether files can be read without a session.
func (c *Chip) open() bool { return c.card.Open || c.opt.Open }

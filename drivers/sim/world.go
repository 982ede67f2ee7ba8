package sim

import (
	"fmt"
	"slices"
	"sync"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/printer/printertest"
	"motcua/kiosk"
)

// Person is one of the cast: a fictional citizen with a simulated card. Seed is the face, as vision/visiontest renders it.
type Person struct {
	Key    string // "an"
	Name   string // as the dock shows it
	Number string // 12 digits, as printed on the card: the visitor of the demo must type it
	Seed   int64
	Code   string // payload of the QR code on the card
	Card   *emrtdtest.Card
}

// Sheet is what lies under the document camera.
type Sheet string

// The sheets.
const (
	SheetForm  Sheet = "form"  // a filled form
	SheetBlank Sheet = "blank" // nothing but the table
)

// Light is how the hall is lit.
type Light string

// The lights.
const (
	LightGood   Light = "good"
	LightDark   Light = "dark"
	LightBehind Light = "behind" // a bright window behind the people
)

// Attacks are the ways to hold a picture of somebody before the camera.
var Attacks = []string{"print", "cut-out print", "phone", "tablet", "replay"}

// Covers are what people wear before their faces; "" for nothing.
var Covers = []string{"", "mask", "scarf", "sunglasses"}

// Height is how high a person's face is before the camera.
type Height string

// The heights.
const (
	HeightUsual  Height = ""
	HeightSeated Height = "seated" // in a wheelchair, the eyes 110 cm above the floor
	HeightTall   Height = "tall"   // 190 cm
)

// Scene is what the cameras see. Who lists the people before the face camera, by key.
type Scene struct {
	Who         []string
	Twin        bool   // not the first of Who stands there, but an identical twin
	Shown       string // whose card is held before the face camera, by key; "" for none
	Attack      string // with what the first of Who is imitated: one of Attacks; "" for the person
	Cover       string // what the first of Who wears: one of Covers
	Height      Height // of the first of Who
	Stiff       bool   // the first of Who does not turn the head when asked; who holds a picture always turns it
	Light       Light
	Camera      bool // the face camera is plugged in
	Frozen      bool // the face camera gives the same frame for ever
	PaperCamera bool
	Sheet       Sheet
}

// World is the demo's little world. All methods may be called from any goroutine.
type World struct {
	people  []Person
	slot    *emrtdtest.Slot
	net     *Network
	printer *printertest.Printer
	panel   *Panel

	mu      sync.Mutex
	scene   Scene
	link    emrtdtest.Latency // of the cards placed
	placed  string            // whose card is on the reader
	fault   string            // with what fault
	changed chan struct{}
	follow  func(Scene)

	earphones bool
	plugged   func(in bool) // told of the earphones
}

// New makes a world where nobody is at the kiosk and everything works.
func New(people []Person) *World {
	w := &World{
		people: people, slot: emrtdtest.NewSlot(emrtdtest.SlotOptions{}), net: NewNetwork(),
		scene:   Scene{Light: LightGood, Camera: true, PaperCamera: true, Sheet: SheetForm},
		changed: make(chan struct{}),
	}
	w.printer = printertest.New(printertest.Options{RowTime: rowTime, Changed: func() { w.change(func() {}) }})
	w.panel = &Panel{world: w, lit: map[kiosk.Lamp]bool{}}
	return w
}

// Printer is the receipt printer.
func (w *World) Printer() *printertest.Printer { return w.printer }

// Panel is the lamps and the sensor of the case.
func (w *World) Panel() *Panel { return w.panel }

// Slot is the reader.
func (w *World) Slot() *emrtdtest.Slot { return w.slot }

// Network is the way to the back office.
func (w *World) Network() *Network { return w.net }

// People gives the cast.
func (w *World) People() []Person { return slices.Clone(w.people) }

// Scene gives what the cameras see now.
func (w *World) Scene() Scene {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen()
}

// Placed tells whose card is on the reader, with what fault; "" for none. A card that tore itself off the reader is gone.
func (w *World) Placed() (key, fault string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.slot.Present() {
		return "", ""
	}
	return w.placed, w.fault
}

// Changed gives a channel that is closed at the next change.
func (w *World) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *World) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	if w.follow != nil {
		w.follow(w.seen())
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// Follow has every change of what the cameras see told to f, before the call that made it returns. f must not call the world.
func (w *World) Follow(f func(Scene)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.follow = f
	f(w.seen())
}

func (w *World) seen() Scene {
	s := w.scene
	s.Who = slices.Clone(s.Who)
	return s
}

// Person finds one of the cast.
func (w *World) Person(key string) (Person, error) {
	for _, p := range w.people {
		if p.Key == key {
			return p, nil
		}
	}
	return Person{}, kiosk.Errorf(kiosk.CodeBadInput, "find a person of the demo", "", "nobody is called %q", key)
}

// Link makes the cards placed from now on take the time that a radio link of that bit rate and a card's processor take, as
// [emrtdtest.Link] models it; 0 takes no time.
func (w *World) Link(kbps int) error {
	var l emrtdtest.Latency
	var err error
	if kbps != 0 {
		l, err = emrtdtest.Link(kbps)
	}
	if err == nil {
		w.change(func() { w.link = l })
	}
	return err
}

func (w *World) latency() emrtdtest.Latency {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.link
}

// Put places a person's card on the reader, "" fault for a sound one; see [emrtdtest.Faults] for the others.
func (w *World) Put(key, fault string) error {
	p, err := w.Person(key)
	if err != nil {
		return err
	}
	opt := emrtdtest.Options{Latency: w.latency()}
	if fault != "" {
		f, err := emrtdtest.FaultByName(fault)
		if err != nil {
			return kiosk.Errorf(kiosk.CodeBadInput, "place a card", "", "%w", err)
		}
		if err := f.Apply(p.Card, &opt); err != nil {
			return kiosk.Errorf(kiosk.CodeBadInput, "place a card", "issue the demo's cards again", "%w", err)
		}
	}
	chip, err := emrtdtest.New(p.Card, opt)
	if err != nil {
		return fmt.Errorf("place a card: %w", err)
	}
	w.change(func() { w.placed, w.fault = key, fault })
	w.slot.Insert(chip)
	return nil
}

// Return puts the same chip back that was torn away, with whatever its fault has left of it.
func (w *World) Return(chip *emrtdtest.Chip) {
	w.slot.Insert(chip)
	w.change(func() {})
}

// Take takes the card off the reader.
func (w *World) Take() *emrtdtest.Chip {
	chip := w.slot.Remove()
	w.change(func() { w.placed, w.fault = "", "" })
	return chip
}

// Tear lets the card slip off the reader after n more bytes have come from it.
func (w *World) Tear(n int) { w.slot.Tear(n) }

// Stand puts people before the face camera; none for an empty hall.
func (w *World) Stand(keys ...string) error {
	for _, k := range keys {
		if _, err := w.Person(k); err != nil {
			return err
		}
	}
	w.place(Scene{Who: slices.Clone(keys)})
	return nil
}

// place changes who is before the face camera, and how; everything else stays.
func (w *World) place(s Scene) {
	w.change(func() {
		w.scene.Who, w.scene.Twin, w.scene.Attack, w.scene.Cover, w.scene.Height, w.scene.Stiff = s.Who, s.Twin, s.Attack, s.Cover, s.Height, s.Stiff
	})
}

// StandAs puts one person before the face camera, at a height, wearing one of [Covers].
func (w *World) StandAs(key string, h Height, cover string) error {
	if _, err := w.Person(key); err != nil {
		return err
	}
	if !slices.Contains(Covers, cover) {
		return kiosk.Errorf(kiosk.CodeBadInput, "cover a face", "", "no cover %q", cover)
	}
	w.place(Scene{Who: []string{key}, Height: h, Cover: cover})
	return nil
}

// StandStiff puts a person before the face camera who cannot turn the head.
func (w *World) StandStiff(key string) error {
	if _, err := w.Person(key); err != nil {
		return err
	}
	w.place(Scene{Who: []string{key}, Stiff: true})
	return nil
}

// StandTwin puts a person's identical twin before the face camera: another person whom no picture tells from the first.
func (w *World) StandTwin(key string) error {
	if _, err := w.Person(key); err != nil {
		return err
	}
	w.place(Scene{Who: []string{key}, Twin: true})
	return nil
}

// Imitate has somebody hold a picture of a person before the face camera: on paper, on a screen; kind is one of [Attacks].
func (w *World) Imitate(key, kind string) error {
	if _, err := w.Person(key); err != nil {
		return err
	}
	if !slices.Contains(Attacks, kind) {
		return kiosk.Errorf(kiosk.CodeBadInput, "imitate a person", "", "no kind of picture %q", kind)
	}
	w.place(Scene{Who: []string{key}, Attack: kind})
	return nil
}

// Show has somebody hold a person's card before the face camera, its code to the front; "" takes it away.
func (w *World) Show(key string) error {
	if key != "" {
		if _, err := w.Person(key); err != nil {
			return err
		}
	}
	w.change(func() { w.scene.Shown = key })
	return nil
}

// SetLight changes the hall's light.
func (w *World) SetLight(l Light) { w.change(func() { w.scene.Light = l }) }

// PlugCamera plugs the face camera in or out.
func (w *World) PlugCamera(in bool) { w.change(func() { w.scene.Camera = in }) }

// Freeze makes the face camera give the same frame for ever, or not.
func (w *World) Freeze(on bool) { w.change(func() { w.scene.Frozen = on }) }

// PlugPaperCamera plugs the document camera in or out.
func (w *World) PlugPaperCamera(in bool) { w.change(func() { w.scene.PaperCamera = in }) }

// PlugReader plugs the reader in or out.
func (w *World) PlugReader(in bool) {
	if in {
		w.slot.Plug()
	} else {
		w.slot.Unplug()
	}
	w.change(func() {})
}

// Lay puts a sheet under the document camera.
func (w *World) Lay(s Sheet) { w.change(func() { w.scene.Sheet = s }) }

// CutNetwork cuts the way to the back office, or mends it.
func (w *World) CutNetwork(cut bool) {
	w.net.Cut(cut)
	w.change(func() {})
}

// PlugEarphones plugs the earphones in or out.
func (w *World) PlugEarphones(in bool) {
	w.change(func() {
		w.earphones = in
		if w.plugged != nil {
			w.plugged(in)
		}
	})
}

// Earphones tells whether the earphones are in.
func (w *World) Earphones() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.earphones
}

// FollowEarphones has every plugging of the earphones told to f, which must not call the world.
func (w *World) FollowEarphones(f func(in bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.plugged = f
	f(w.earphones)
}

// Reset empties the hall and mends everything.
func (w *World) Reset() {
	w.slot.Remove()
	w.slot.Plug()
	w.net.Cut(false)
	w.printer.Plug()
	w.printer.SetPaper(true)
	w.printer.SetLow(false)
	w.printer.OpenCover(false)
	w.printer.Jam(false)
	w.printer.Forget()
	w.PlugEarphones(false)
	w.change(func() {
		w.placed, w.fault = "", ""
		w.scene = Scene{Light: LightGood, Camera: true, PaperCamera: true, Sheet: SheetForm}
	})
}

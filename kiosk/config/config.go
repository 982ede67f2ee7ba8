package config

import (
	_ "embed"
)

// Config is kiosk.toml. Every key is documented in [Sample].
type Config struct {
	Kiosk     Kiosk     `toml:"kiosk"`
	HTTP      HTTP      `toml:"http"`
	Data      Data      `toml:"data"`
	Reader    Reader    `toml:"reader"`
	Trust     Trust     `toml:"trust"`
	Camera    Camera    `toml:"camera"`
	Models    Models    `toml:"models"`
	Match     Match     `toml:"match"`
	Office    Office    `toml:"office"`
	Uplink    Uplink    `toml:"uplink"`
	Catalogue Catalogue `toml:"catalogue"`
	Calendar  Calendar  `toml:"calendar"`
	Places    Places    `toml:"places"`
	Voice     Voice     `toml:"voice"`
	Printer   Printer   `toml:"printer"`
	Panel     Panel     `toml:"panel"`
	UI        UI        `toml:"ui"`
	Log       Log       `toml:"log"`
}

// Kiosk says which kiosk this is. All three are required.
type Kiosk struct {
	Name    string `toml:"name"`    // the kiosk's name in dossiers and at the back office
	Commune string `toml:"commune"` // the office's name as citizens read it
	Hotline string `toml:"hotline"` // the telephone number on every screen and receipt
}

// HTTP is where the citizen's pages are served: on this machine only.
type HTTP struct {
	Listen string `toml:"listen"` // loopback address and port
}

// Data is where the kiosk keeps its database.
type Data struct {
	Dir       string `toml:"dir"`
	MinFreeMB int    `toml:"min_free_mb"` // below it no new dossier is taken in
}

// Kinds of devices. A path stands for itself.
const (
	KindPCSC  = "pcsc"
	KindPN532 = "pn532"
	KindGPIO  = "gpio"
	KindSim   = "sim"
	KindNone  = "none"
)

// Reader is the chip card reader.
type Reader struct {
	Kind string `toml:"kind"` // pcsc, pn532, sim, none
	Name string `toml:"name"` // pcsc: part of the reader's name; "" takes the first that is found
	Port string `toml:"port"` // pn532: device path, spi:BUS or i2c:BUS
}

// Trust is where the trust anchors (CSCA certificates) lie.
type Trust struct {
	Dir string `toml:"dir"`
}

// Camera names the camera that sees the citizen and the one that sees the paper.
type Camera struct {
	Face   string `toml:"face"`   // device path, sim, none
	Paper  string `toml:"paper"`  // device path, sim, none
	Rotate int    `toml:"rotate"` // degrees clockwise for the face camera: 0, 90, 180, 270
}

// Models is where the model files and their MANIFEST.json lie.
type Models struct {
	Dir string `toml:"dir"` // "" means the search of [Config.ModelsDir]
}

// What the check whether a living person stands there must be; an alarm never passes.
const (
	LivenessRequired = "required" // it must have succeeded
	LivenessAdvise   = "advise"   // undecided and not made pass too: the officer sees which
)

// Whether a head must turn before a person counts as verified.
const (
	TurnAsk = "ask" // to the side that chance names, after everything else succeeded
	TurnOff = "off"
)

// Match is how faces are decided.
type Match struct {
	Threshold float64 `toml:"threshold"` // 0 takes the manifest's
	Liveness  string  `toml:"liveness"`  // required, advise
	Turn      string  `toml:"turn"`      // ask, off
}

// Office is the back office: Dir holds office.json, device.key and device.crt.
type Office struct {
	Dir string `toml:"dir"`
}

// Uplink is the process with the network, through which the kiosk reaches its office.
type Uplink struct {
	Socket string `toml:"socket"` // path; "" starts one beside the kiosk, which works only where the kiosk has a network
}

// Catalogue is the procedure catalogue. Bundles is a folder of signed bundles, of every kind; the newest one in force goes before File.
type Catalogue struct {
	File    string `toml:"file"`    // "" takes the starter catalogue inside the program
	Bundles string `toml:"bundles"` // "" is the folder bundles below that of the database
	Keys    string `toml:"keys"`    // PEM file of further public keys whose bundles are taken; the office's own always is
}

// Calendar is the calendar of working days.
type Calendar struct {
	File   string `toml:"file"`   // "" takes the starter calendar inside the program
	Office string `toml:"office"` // key of this office in the file; "" is the default office
}

// Places is the list of provinces and communes.
type Places struct {
	Dir string `toml:"dir"` // folder of provinces.json and communes.json; "" has no list
}

// How numbers are read.
const (
	NumbersNorth = "north" // linh, nghìn
	NumbersSouth = "south" // lẻ, ngàn
)

// What tells the kiosk that earphones are in. A path of an input device (/dev/input/event3) stands for itself.
const (
	EarphonesJack   = "jack"   // the first input device with such a switch
	EarphonesAlways = "always" // a handset instead of a loudspeaker
	EarphonesNever  = "never"
)

// Voice is the spoken prompts.
type Voice struct {
	Enabled   bool   `toml:"enabled"`
	Dir       string `toml:"dir"`       // folder of Ogg Vorbis clips, other languages in folders below; "" is silence
	Volume    int    `toml:"volume"`    // 0 to 100
	Quiet     string `toml:"quiet"`     // hours at which visits begin softly: "18:00-07:00"; "" never
	Numbers   string `toml:"numbers"`   // north, south
	Earphones string `toml:"earphones"` // jack, device path, always, never
}

// Printer is the receipt printer.
type Printer struct {
	Device  string `toml:"device"`   // device path, sim, none
	WidthMM int    `toml:"width_mm"` // of the paper: 80, 58
}

// Panel is the lamps and the sensor of the case: names of GPIO lines, "" for what is not wired.
type Panel struct {
	Kind     string `toml:"kind"` // gpio, sim, none
	Staff    string `toml:"staff"`
	Card     string `toml:"card"`
	Paper    string `toml:"paper"`
	Presence string `toml:"presence"`
}

// Where the on-screen keyboard puts the tone in oa, oe, uy.
const (
	ToneOld = "old" // hòa, khỏe, thúy
	ToneNew = "new" // hoà, khoẻ, thuý
)

// UI is the panel the pages are drawn for.
type UI struct {
	PxPerMM   float64 `toml:"px_per_mm"`
	Languages string  `toml:"languages"` // folder of further languages, TAG.json each; "" for none
	Tone      string  `toml:"tone"`      // where the keyboard puts the tone: old (hòa) or new (hoà)
}

// Log is how much is written.
type Log struct {
	Level string `toml:"level"` // debug, info, warn, error
}

// Default gives every default. The keys of [kiosk] have none: they must be set.
func Default() Config {
	return Config{
		HTTP:      HTTP{Listen: "127.0.0.1:8080"},
		Data:      Data{Dir: "/var/lib/kiosk", MinFreeMB: 512},
		Reader:    Reader{Kind: KindPCSC},
		Trust:     Trust{Dir: "/etc/kiosk/trust"},
		Camera:    Camera{Face: "/dev/video0", Paper: "/dev/video2"},
		Match:     Match{Liveness: LivenessRequired, Turn: TurnAsk},
		Office:    Office{Dir: "/etc/kiosk/office"},
		Uplink:    Uplink{Socket: "/run/kiosk-uplink/uplink.sock"},
		Voice:     Voice{Enabled: true, Dir: "/usr/share/kiosk/clips", Volume: 80, Numbers: NumbersNorth, Earphones: EarphonesJack},
		Printer:   Printer{Device: "/dev/usb/lp0", WidthMM: 80},
		Panel:     Panel{Kind: KindNone},
		UI:        UI{PxPerMM: 4.03, Tone: ToneOld},
		Log:       Log{Level: "info"},
		Catalogue: Catalogue{},
		Calendar:  Calendar{},
		Places:    Places{},
	}
}

//go:embed kiosk.toml
var sample string

// Sample gives the commented kiosk.toml: every key with its default and what it means.
func Sample() string { return sample }

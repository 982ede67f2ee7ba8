// Package dock is the demo dock: the buttons of a kiosk without hardware. It puts simulated cards on the reader, people before
// the camera, sheets under the other one, and cuts the network. It is served only with -sim, on its own loopback address.
//
// Every button is a form post, so tests press the same ones as people do.
package dock

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/printer/printertest"
	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/ui"
)

//go:embed static/dock.css static/dock.js page.html
var files embed.FS

// Options of a dock.
type Options struct {
	World   *sim.World
	Photo   func(key string) (jpeg []byte, ok bool) // a person's chip photo
	Kiosk   string                                  // address of the citizen's page, for the link
	Officer string                                  // address of the officer's pages, may be empty
}

// Dock serves the buttons.
type Dock struct {
	o    Options
	page *template.Template
	mux  *http.ServeMux
}

// New makes a dock for a world.
func New(o Options) (*Dock, error) {
	page, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, fmt.Errorf("read the dock's page: %w", err)
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, fmt.Errorf("read the dock's files: %w", err)
	}
	d := &Dock{o: o, page: page, mux: http.NewServeMux()}
	d.mux.HandleFunc("GET /{$}", d.show)
	d.mux.HandleFunc("POST /do", d.do)
	d.mux.HandleFunc("GET /changes", d.changes)
	d.mux.HandleFunc("GET /photo/{key}", d.photo)
	d.mux.HandleFunc("GET /receipt.png", d.receipt)
	d.mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	d.mux.Handle("GET /ui/", http.StripPrefix("/ui/", http.FileServerFS(ui.Static)))
	return d, nil
}

// ServeHTTP answers only requests of this machine and of the dock's own pages.
func (d *Dock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	host, _, _ := strings.Cut(r.Host, ":")
	site := r.Header.Get("Sec-Fetch-Site")
	if host != "127.0.0.1" && host != "localhost" || r.Method != http.MethodGet && site != "" && site != "same-origin" && site != "none" {
		http.Error(w, "only this machine's own pages", http.StatusForbidden)
		return
	}
	d.mux.ServeHTTP(w, r)
}

// view is what the page shows.
type view struct {
	People  []person
	Faults  []emrtdtest.Fault
	Scene   sim.Scene
	Fault   string
	Cut     bool
	Printer printertest.State
	Receipt int // how many receipts lie there; 0: none
	Lamps   []lamp
	Ears    bool // the earphones are in
	Kiosk   string
	Officer string
	Error   string
}

type person struct {
	sim.Person
	Grouped string // 999 201 012 345
	Card    bool   // on the reader
	Stands  bool   // before the camera
}

type lamp struct {
	Name string
	On   bool
}

// lampNames are the lamps as people call them.
var lampNames = map[kiosk.Lamp]string{kiosk.LampStaff: "gọi cán bộ", kiosk.LampCard: "chỗ đặt thẻ", kiosk.LampPaper: "soi giấy tờ"}

func (d *Dock) view() view {
	w := d.o.World
	v := view{Faults: emrtdtest.Faults(), Scene: w.Scene(), Cut: w.Network().IsCut(), Kiosk: d.o.Kiosk, Officer: d.o.Officer}
	v.Printer, v.Receipt, v.Ears = w.Printer().State(), w.Receipts(), w.Earphones()
	for _, l := range kiosk.Lamps {
		v.Lamps = append(v.Lamps, lamp{lampNames[l], w.Panel().Lit(l)})
	}
	placed, fault := w.Placed()
	v.Fault = fault
	for _, p := range w.People() {
		x := person{Person: p, Grouped: group(p.Number), Card: p.Key == placed}
		for _, k := range v.Scene.Who {
			x.Stands = x.Stands || k == p.Key
		}
		v.People = append(v.People, x)
	}
	return v
}

// group writes digits in threes.
func group(s string) string {
	var b strings.Builder
	for i, c := range s {
		if i > 0 && i%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (d *Dock) show(w http.ResponseWriter, _ *http.Request) { d.render(w, http.StatusOK, d.view()) }

func (d *Dock) render(w http.ResponseWriter, status int, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = d.page.Execute(w, v) // the reader went away
}

// do presses one button.
func (d *Dock) do(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "unreadable form", http.StatusBadRequest)
		return
	}
	if err := d.press(r.Form.Get("do"), r.Form["key"], r.Form.Get("fault")); err != nil {
		v := d.view()
		v.Error = err.Error()
		d.render(w, http.StatusBadRequest, v)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// press is the closed list of buttons.
func (d *Dock) press(button string, keys []string, fault string) error {
	w, key := d.o.World, ""
	if len(keys) > 0 {
		key = keys[0]
	}
	switch button {
	case "arrive": // stands before the kiosk and puts the own card down
		if err := w.Stand(key); err != nil {
			return err
		}
		return w.Put(key, fault)
	case "put":
		return w.Put(key, fault)
	case "stand":
		return w.Stand(keys...)
	case "print", "cut-out print", "phone", "replay":
		return w.Imitate(key, button)
	case "twin":
		return w.StandTwin(key)
	case "stiff":
		return w.StandStiff(key)
	case "mask", "scarf", "sunglasses":
		return w.StandAs(key, sim.HeightUsual, button)
	case "seated", "tall":
		return w.StandAs(key, sim.Height(button), "")
	case "show":
		return w.Show(key)
	case "hide":
		return w.Show("")
	case "take":
		w.Take()
	case "tear":
		w.Tear(1500)
	case "leave":
		w.Take()
		return errors.Join(w.Stand(), w.Show(""))
	case "dark":
		w.SetLight(sim.LightDark)
	case "behind":
		w.SetLight(sim.LightBehind)
	case "light":
		w.SetLight(sim.LightGood)
	case "camera-out", "camera-in":
		w.PlugCamera(button == "camera-in")
	case "freeze", "thaw":
		w.Freeze(button == "freeze")
	case "paper-camera-out", "paper-camera-in":
		w.PlugPaperCamera(button == "paper-camera-in")
	case "reader-out", "reader-in":
		w.PlugReader(button == "reader-in")
	case "blank":
		w.Lay(sim.SheetBlank)
	case "form":
		w.Lay(sim.SheetForm)
	case "printer-out":
		w.Printer().Unplug()
	case "printer-in":
		w.Printer().Plug()
	case "roll-out", "roll-in":
		w.Printer().SetPaper(button == "roll-in")
	case "roll-low", "roll-full":
		w.Printer().SetLow(button == "roll-low")
	case "cover-open", "cover-close":
		w.Printer().OpenCover(button == "cover-open")
	case "jam", "unjam":
		w.Printer().Jam(button == "jam")
	case "earphones-in", "earphones-out":
		w.PlugEarphones(button == "earphones-in")
	case "tear-off":
		w.Printer().Forget()
	case "cut", "mend":
		w.CutNetwork(button == "cut")
	case "reset":
		w.Reset()
	default:
		return fmt.Errorf("no button %q", button)
	}
	return nil
}

func (d *Dock) photo(w http.ResponseWriter, r *http.Request) {
	b, ok := d.o.Photo(r.PathValue("key"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	_, _ = w.Write(b) // the reader went away
}

// receipt gives the picture of the last receipt.
func (d *Dock) receipt(w http.ResponseWriter, r *http.Request) {
	b := d.o.World.Receipt()
	if b == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(b) // the reader went away
}

// changes tells the page to look again.
func (d *Dock) changes(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	for {
		changed := d.o.World.Changed()
		if _, err := fmt.Fprint(w, "data: look\n\n"); err != nil || flush.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

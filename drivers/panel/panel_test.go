package panel

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"motcua/kiosk"
)

func level(p *gpiotest.Pin) gpio.Level { return p.Read() }

func TestLamps(t *testing.T) {
	staff, card := &gpiotest.Pin{N: "GPIO17", L: gpio.High}, &gpiotest.Pin{N: "GPIO27"}
	p, err := New(Lines{Lamps: map[kiosk.Lamp]gpio.PinOut{kiosk.LampStaff: staff, kiosk.LampCard: card}})
	if err != nil {
		t.Fatal(err)
	}
	if level(staff) != gpio.Low {
		t.Error("a lamp that was on before the start stays on")
	}
	p.Light(kiosk.LampStaff, true)
	p.Light(kiosk.LampPaper, true) // not wired
	if level(staff) != gpio.High || level(card) != gpio.Low {
		t.Errorf("staff %v, card %v", level(staff), level(card))
	}
	for range 2 {
		if err := p.Halt(); err != nil {
			t.Error(err)
		}
	}
	p.Light(kiosk.LampCard, true)
	if level(staff) != gpio.Low || level(card) != gpio.Low {
		t.Error("a lamp is on after Halt")
	}
}

// broken is a line that cannot be driven or read.
type broken struct{ gpiotest.Pin }

func (*broken) Out(gpio.Level) error          { return errors.New("no permission") }
func (*broken) In(gpio.Pull, gpio.Edge) error { return errors.New("no permission") }

func TestLineThatFails(t *testing.T) {
	for name, l := range map[string]Lines{
		"lamp":   {Lamps: map[kiosk.Lamp]gpio.PinOut{kiosk.LampStaff: &broken{Pin: gpiotest.Pin{N: "GPIO99"}}}},
		"sensor": {Presence: &broken{Pin: gpiotest.Pin{N: "GPIO99"}}},
	} {
		p, err := New(l)
		if kiosk.CodeOf(err) != kiosk.CodeUnavailable || kiosk.CodeOf(p.Ready()) != kiosk.CodeUnavailable {
			t.Errorf("%s: %v, Ready %v", name, err, p.Ready())
		}
	}
}

// What the line says, tenth of a second by tenth, and what is told.
func TestPresence(t *testing.T) {
	for name, c := range map[string]struct {
		line []int // how many tenths low, high, low, …
		told []bool
	}{
		"nobody":       {[]int{100}, nil},
		"passes by":    {[]int{10, 2, 50}, nil},
		"comes":        {[]int{10, 20}, []bool{true}},
		"stands there": {[]int{0, 600}, []bool{true}},
		"shifts":       {[]int{10, 20, 25, 20, 25, 20}, []bool{true}},
		"goes":         {[]int{10, 20, 50}, []bool{true, false}},
		"next comes":   {[]int{10, 20, 50, 20}, []bool{true, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pin := &gpiotest.Pin{N: "GPIO22"}
				p, err := New(Lines{Presence: pin})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				var told []bool
				done := make(chan struct{})
				go func() {
					defer close(done)
					for near := range p.Presence(ctx) {
						told = append(told, near)
					}
				}()
				for i, tenths := range c.line {
					if err := pin.Out(gpio.Level(i%2 == 1)); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Duration(tenths) * readEvery)
				}
				cancel()
				<-done
				if !slices.Equal(told, c.told) {
					t.Errorf("told %v, want %v", told, c.told)
				}
			})
		})
	}
}

func TestWithoutSensor(t *testing.T) {
	p, err := New(Lines{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := p.Presence(ctx)
	select {
	case v, ok := <-c:
		t.Errorf("told %v %v without a sensor", v, ok)
	case <-time.After(20 * time.Millisecond):
	}
	cancel()
	if _, ok := <-c; ok {
		t.Error("told something at the end")
	}
}

package doctor

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
)

// Temperatures of the processor, °C: a Raspberry Pi slows down at 80 and at 85 stops.
const (
	warm = 75
	hot  = 85
)

// The bits of get_throttled (raspberrypi.com, "vcgencmd get_throttled"): now, and since the start.
const (
	underVoltage = 1<<0 | 1<<16
	slowed       = 1<<1 | 1<<2 | 1<<3 | 1<<17 | 1<<18 | 1<<19
)

// Temperature checks how hot the processor is, whether heat slowed it, and whether the supply is strong enough, as far as the kernel
// tells it.
func Temperature(m Machine) Check {
	return Check{Name: "temperature", Run: func(context.Context) Finding {
		most, known := m.hottest()
		text := fmt.Sprintf("%d °C", most)
		if !known {
			text = "the temperature is not told"
		}
		bits, throttle := m.throttled()
		switch {
		case known && most >= hot:
			return Failed(FaultHot, text, "clean the vents, look at the fan, keep the machine out of the sun")
		case bits&underVoltage != 0 || m.low():
			return Warned(FaultVoltage, text+", the supply was too weak", "use the supply that belongs to the board, and a short cable")
		case bits&slowed != 0 || throttle > 0:
			return Warned(FaultThrottled, text+", heat slowed the processor", "clean the vents, look at the fan, keep the machine out of the sun")
		case known && most >= warm:
			return Warned(FaultHot, text, "clean the vents, look at the fan, keep the machine out of the sun")
		case !known:
			return Missing(text, "")
		}
		return Good("%s, not slowed by heat", text)
	}}
}

func (m Machine) hottest() (degrees int, known bool) {
	for _, f := range glob(m.sys("class", "thermal", "thermal_zone*", "temp")) {
		if n, err := strconv.Atoi(word(f)); err == nil && n > -50_000 && n < 200_000 {
			degrees, known = max(degrees, n/1000), true
		}
	}
	return degrees, known
}

// throttled gives the firmware's bits where the kernel shows them, and how often a core was slowed (x86).
func (m Machine) throttled() (bits uint64, times int) {
	for _, f := range glob(m.sys("devices", "platform", "soc", "soc:firmware", "get_throttled")) {
		bits, _ = strconv.ParseUint(word(f), 16, 64) // what cannot be read is not told
	}
	for _, f := range glob(m.sys("devices", "system", "cpu", "cpu*", "thermal_throttle", "core_throttle_count")) {
		times = max(times, count(f))
	}
	return bits, times
}

// low tells whether the supply's sensor has raised its alarm (driver rpi_volt).
func (m Machine) low() bool {
	for _, f := range glob(m.sys("class", "hwmon", "hwmon*", "in0_lcrit_alarm")) {
		if word(f) == "1" {
			return true
		}
	}
	return false
}

// glob lists files; a pattern of ours cannot be malformed.
func glob(pattern string) []string {
	list, _ := filepath.Glob(pattern)
	return list
}

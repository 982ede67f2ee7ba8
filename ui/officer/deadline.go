package officer

import (
	"fmt"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// deadline gives the word and the tone of a dossier's time: what the inbox is sorted by in an officer's head.
func deadline(it onestop.Item, now time.Time) badge {
	switch {
	case it.State == kiosk.StateRegistered:
		return waiting(now.Sub(it.Received))
	case it.Over():
		return over(it)
	case !it.Paused.IsZero():
		return badge{"quiet", "tạm dừng, chờ bổ sung"}
	case it.Due.IsZero():
		return badge{"quiet", "chưa có hạn"}
	case now.After(it.Due):
		return badge{"bad", "quá hạn " + span(now.Sub(it.Due))}
	}
	return remaining(it.Due, now)
}

func waiting(wait time.Duration) badge {
	switch {
	case wait >= waitsTooLong:
		return badge{"bad", "chờ quá lâu"}
	case wait >= waitsLong:
		return badge{"warn", "chờ lâu"}
	}
	return badge{"new", "chờ tiếp nhận"}
}

func over(it onestop.Item) badge {
	if !it.Closed.IsZero() {
		return badge{"quiet", "đã kết thúc"}
	}
	if !it.Promised.IsZero() && it.Finished.After(it.Promised) {
		return badge{"bad", "xong, trễ " + span(it.Finished.Sub(it.Promised))}
	}
	return badge{"good", "xong đúng hạn"}
}

func remaining(due, now time.Time) badge {
	y, m, d := now.In(onestop.Zone).Date()
	day := func(t time.Time) int {
		ty, tm, td := t.In(onestop.Zone).Date()
		return int(time.Date(ty, tm, td, 0, 0, 0, 0, time.UTC).Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
	}
	switch n := day(due); n {
	case 0:
		return badge{"warn", "hôm nay, " + due.In(onestop.Zone).Format("15:04")}
	case 1:
		return badge{"warn", "ngày mai"}
	default:
		return badge{"good", fmt.Sprintf("còn %d ngày", n)}
	}
}

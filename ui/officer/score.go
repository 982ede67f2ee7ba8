package officer

import (
	"math"

	"motcua/kiosk"
)

// score is the bar that shows a face score against its threshold, drawn on a canvas of barWidth × barHeight units.
// Cosines below 0 are drawn at 0: nobody needs to see how different two strangers are.
type score struct {
	Known     bool
	Score     string
	Threshold string
	Text      string
	Badge     badge
	Fill      float64 // width of the bar
	Mark      float64 // place of the threshold
	Label     float64 // place of the threshold's label, kept on the canvas
	Frames    int
}

const barWidth = 600.0

// match is what the office itself concluded from the numbers; the kiosk's own verdict is not believed.
func scoreOf(f kiosk.FaceResult, match kiosk.Check) score {
	s := score{Frames: f.Frames, Badge: matchBadge(match.Result), Score: decimals(f.Score, 3), Threshold: decimals(f.Threshold, 3)}
	if f.Model == "" || math.IsNaN(f.Score) || math.IsNaN(f.Threshold) || math.IsInf(f.Score, 0) {
		s.Text = "Chưa có điểm so khớp."
		return s
	}
	s.Known = true
	s.Fill, s.Mark = place(f.Score), place(f.Threshold)
	s.Label = math.Min(math.Max(s.Mark, 60), barWidth-60)
	switch {
	case f.Score > f.Threshold:
		s.Text = decimals(f.Score-f.Threshold, 3) + " trên ngưỡng"
	default:
		s.Text = decimals(f.Threshold-f.Score, 3) + " dưới ngưỡng"
	}
	return s
}

func place(f float64) float64 { return math.Round(math.Min(math.Max(f, 0), 1)*barWidth*10) / 10 }

func matchBadge(r kiosk.CheckResult) badge {
	switch r {
	case kiosk.CheckSuccessful:
		return badge{"good", "Khớp"}
	case kiosk.CheckFailed:
		return badge{"bad", "Không khớp"}
	case kiosk.CheckUndetermined, kiosk.CheckNotSupported, kiosk.CheckAborted:
	}
	return badge{"warn", "Chưa kết luận"}
}

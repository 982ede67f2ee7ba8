package onestop

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk"
)

// Moment is when a citizen rates. The values are stored.
type Moment string

// The moments.
const (
	MomentReceipt Moment = "receipt"
	MomentReturn  Moment = "return"
)

// Rating is a citizen's word about the service, 1 (very dissatisfied) to 5. It is kept by token and day, beside no officer and no
// dossier, so that whoever was rated cannot read who rated.
type Rating struct {
	TokenID  string
	Moment   Moment
	Score    int
	Day      time.Time // the day alone
	Training bool
}

// RatingStore keeps ratings. Rate of a token that rated at that moment: ErrTaken. Ratings counts, by score from 1.
type RatingStore interface {
	Rate(ctx context.Context, r Rating) error
	Ratings(ctx context.Context, from, to time.Time) (map[Moment][5]int, error)
}

// ErrScore means that a rating is not 1 to 5.
var ErrScore = errors.New("a rating is 1 to 5")

// Rate keeps the rating of whoever holds a receipt's token, once before and once after the result was returned. asker is the
// client's address: wrong tokens are counted by it. Errors: ErrScore, ErrTaken, not_found, WaitError, the store's.
func (d *Desk) Rate(ctx context.Context, token string, score int, asker string) error {
	if score < 1 || score > 5 {
		return ErrScore
	}
	if wait := d.byToken.Wait(asker); wait > 0 {
		return WaitError{wait}
	}
	token, err := kiosk.ParseToken(token)
	var it Item
	if err == nil {
		it, err = d.opt.Store.ItemByToken(ctx, kiosk.TokenID(token))
	}
	if errors.Is(err, ErrNotFound) || kiosk.CodeOf(err) == kiosk.CodeBadInput {
		d.byToken.Fail(asker)
		return kiosk.Errorf(kiosk.CodeNotFound, "rate", "", "no dossier has this token")
	}
	if err != nil {
		return err
	}
	m := MomentReceipt
	if !it.Returned.IsZero() {
		m = MomentReturn
	}
	return d.opt.Store.Rate(ctx, Rating{it.TokenID, m, score, startOfDay(d.Now()).UTC(), it.Training})
}

// Satisfaction is an average that is never told without how many it is of.
type Satisfaction struct {
	Scores [5]int // how many gave 1 … 5
}

// N is how many rated.
func (s Satisfaction) N() (n int) {
	for _, v := range s.Scores {
		n += v
	}
	return n
}

// Mean is the average in hundredths, ok false when nobody rated.
func (s Satisfaction) Mean() (hundredths int, ok bool) {
	sum := 0
	for i, v := range s.Scores {
		sum += (i + 1) * v
	}
	if s.N() == 0 {
		return 0, false
	}
	return (sum*200/s.N() + 1) / 2, true
}

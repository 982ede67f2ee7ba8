package onestop

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
	"unicode/utf8"

	"motcua/kiosk"
)

// Feedback is a citizen's reflection or petition (phản ánh, kiến nghị). Its words are encrypted at rest, because people write
// about themselves; a published answer is public and is written so.
type Feedback struct {
	Seq       int64
	Code      string // what the citizen looks it up by: a token of 10 characters, XXXXX-XXXXX
	At        time.Time
	Due       time.Time // by when it is to be answered
	Sealed    []byte    // the words, encrypted
	Answer    string
	Answered  time.Time
	Published bool // the answer stands on the public page
	By        Person
}

// Overdue reports whether an answer is late.
func (f Feedback) Overdue(now time.Time) bool { return f.Answered.IsZero() && now.After(f.Due) }

// FeedbackStore keeps feedback. AddFeedback error: ErrTaken for a code in use. AnswerFeedback error: ErrNotFound when there is no
// unanswered one.
type FeedbackStore interface {
	AddFeedback(ctx context.Context, f Feedback) (Feedback, error)
	FeedbackByCode(ctx context.Context, code string) (Feedback, error)
	Feedbacks(ctx context.Context, limit int) ([]Feedback, error)
	AnswerFeedback(ctx context.Context, f Feedback) error
}

// MaxFeedback bounds a citizen's words, in characters.
const MaxFeedback = 4000

// ErrEmpty means that there are no words.
var ErrEmpty = errors.New("there are no words")

// Say takes a citizen's words and gives the code. asker is the client's address: floods are slowed by it. Errors: ErrEmpty,
// ErrLong, WaitError, the store's.
func (d *Desk) Say(ctx context.Context, words, asker string) (Feedback, error) {
	if wait := d.bySay.Wait(asker); wait > 0 {
		return Feedback{}, WaitError{wait}
	}
	if utf8.RuneCountInString(words) > MaxFeedback {
		return Feedback{}, ErrLong
	}
	words, err := cleanText(words, MaxFeedback)
	if err != nil {
		return Feedback{}, err
	}
	if words == "" {
		return Feedback{}, ErrEmpty
	}
	code, err := kiosk.NewToken(rand.Reader)
	if err != nil {
		return Feedback{}, err
	}
	code = kiosk.FormatToken(code)
	d.bySay.Fail(asker)
	now := d.Now().UTC().Truncate(time.Microsecond)
	return d.opt.Store.AddFeedback(ctx, Feedback{
		Code: code, At: now, Due: now.Add(d.opt.FeedbackTime), Sealed: d.labels.Seal("feedback/"+code, words),
	})
}

// Words decrypts feedback for a person who may answer it. Error: ErrDenied.
func (d *Desk) Words(a Account, f Feedback) (string, error) {
	if !a.Role.May(PermFeedback) {
		return "", ErrDenied
	}
	return d.labels.Open("feedback/"+f.Code, f.Sealed)
}

// Feedbacks lists feedback for a person who may answer it. Errors: ErrDenied, the store's.
func (d *Desk) Feedbacks(ctx context.Context, a Account) ([]Feedback, error) {
	if !a.Role.May(PermFeedback) {
		return nil, ErrDenied
	}
	return d.opt.Store.Feedbacks(ctx, 200)
}

// Answer answers feedback in the name of a person. Errors: ErrDenied, ErrNote, ErrLong, ErrNotFound, the store's.
func (d *Desk) Answer(ctx context.Context, a Account, code, answer string, publish bool) error {
	if !a.Role.May(PermFeedback) {
		return ErrDenied
	}
	answer, err := cleanNote(answer)
	switch {
	case err != nil:
		return err
	case answer == "":
		return ErrNote
	}
	return d.did(ctx, a, "answer", d.opt.Store.AnswerFeedback(ctx, Feedback{
		Code: code, Answer: answer, Answered: d.Now().UTC().Truncate(time.Microsecond), Published: publish, By: Person{a.ID, a.Name},
	}))
}

// Heard gives feedback by the citizen's code, without the words. Errors: not_found, WaitError, the store's.
func (d *Desk) Heard(ctx context.Context, code, asker string) (Feedback, error) {
	if wait := d.byToken.Wait(asker); wait > 0 {
		return Feedback{}, WaitError{wait}
	}
	token, err := kiosk.ParseToken(code)
	var f Feedback
	if err == nil {
		f, err = d.opt.Store.FeedbackByCode(ctx, kiosk.FormatToken(token))
	}
	if errors.Is(err, ErrNotFound) || kiosk.CodeOf(err) == kiosk.CodeBadInput {
		d.byToken.Fail(asker)
		return Feedback{}, kiosk.Errorf(kiosk.CodeNotFound, "look feedback up", "", "no feedback has this code")
	}
	f.Sealed = nil
	return f, err
}

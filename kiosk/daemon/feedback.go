package daemon

import (
	"context"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// How feedback is delivered: looked for now and then and after each Put; a delivery that failed is tried again later and later,
// one that the office refuses daily, because a person must look there.
const (
	feedbackEvery = 30 * time.Second
	feedbackLater = 24 * time.Hour
)

// deliverFeedback brings what citizens wrote to the office until stop.
func (d *Daemon) deliverFeedback() {
	ctx, cancel := context.WithCancel(context.Background())
	d.feedback, d.wrote = cancel, make(chan struct{}, 1)
	d.work.Go(func() {
		tick := time.NewTicker(feedbackEvery)
		defer tick.Stop()
		for {
			for d.deliverOne(ctx) {
			}
			select {
			case <-tick.C:
			case <-d.wrote:
			case <-ctx.Done():
				return
			}
		}
	})
}

// deliverOne gives true when there may be more to deliver now.
func (d *Daemon) deliverOne(ctx context.Context) bool {
	f, err := d.store.NextFeedback(ctx, time.Now())
	if err != nil {
		return false // none is due, or the store is at fault, which the outbox tells
	}
	begun := time.Now()
	switch err := d.client.Feedback(ctx, f); {
	case err == nil:
		d.log.Event(ctx, audit.FeedbackDelivered, audit.MS(time.Since(begun)))
		return d.store.FeedbackDelivered(ctx, f.ID) == nil
	case ctx.Err() != nil, kiosk.CodeOf(err) == kiosk.CodeOfficeOffline:
		return false // all wait for the network
	default:
		d.log.Fault(ctx, "feedback", err)
		return d.store.PostponeFeedback(ctx, f.ID, time.Now().Add(feedbackLater)) == nil
	}
}

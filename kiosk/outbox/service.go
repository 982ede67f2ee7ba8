package outbox

import (
	"context"
	"sync"
)

// service starts and stops one goroutine. Start and Stop may be called in any order and any number of times.
type service struct {
	run func(context.Context)

	mu     sync.Mutex
	cancel context.CancelFunc
	done   chan struct{}
}

// Start begins to deliver until Stop or until ctx ends. A service that runs already is left alone.
func (s *service) Start(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		select {
		case <-s.done: // its context ended
			s.cancel()
		default:
			return
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	s.cancel, s.done = cancel, done
	go func() {
		defer close(done)
		s.run(ctx)
	}()
}

// Stop ends the delivery under way, gives its lease back and returns when the service is still.
func (s *service) Stop() {
	s.mu.Lock()
	cancel, done := s.cancel, s.done
	s.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-done
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == done {
		s.cancel, s.done = nil, nil
	}
}

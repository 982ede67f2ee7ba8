package audit

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// Options of a [Log].
type Options struct {
	Strict bool   // panic on an event or attribute outside the list, instead of dropping it
	Chain  *Chain // nil: nothing is kept, only logged
}

// Log writes events: every one through slog, the kept ones also to the chain. It is safe for concurrent use.
type Log struct {
	out    *slog.Logger
	strict bool
	chain  *Chain

	mu      sync.Mutex
	refused int64
	err     error
}

// New makes a Log that writes through h.
func New(h slog.Handler, o Options) *Log {
	return &Log{out: slog.New(h), strict: o.Strict, chain: o.Chain}
}

// Discard is a Log that writes nowhere but still holds callers to the list.
func Discard() *Log { return New(slog.DiscardHandler, Options{Strict: true}) }

// Event logs e. It never fails towards the caller: a chain that cannot be continued is logged as audit.broken and told by [Log.Err].
func (l *Log) Event(ctx context.Context, e Event, attrs ...slog.Attr) {
	if err := Check(e, attrs...); err != nil {
		l.refuse(ctx, err)
		return
	}
	spec := Events[e]
	l.out.LogAttrs(ctx, spec.Level, string(e), attrs...)
	if spec.Kept && l.chain != nil {
		l.keep(ctx, e, attrs)
	}
}

// keep appends even when the caller's context has ended: the end of a visit is logged after its context.
func (l *Log) keep(ctx context.Context, e Event, attrs []slog.Attr) {
	err := l.chain.Append(context.WithoutCancel(ctx), e, attrs...)
	l.mu.Lock()
	l.err = err
	l.mu.Unlock()
	if err != nil {
		l.out.LogAttrs(ctx, Events[AuditBroken].Level, string(AuditBroken), Code(err))
	}
}

func (l *Log) refuse(ctx context.Context, why error) {
	if l.strict {
		panic(fmt.Sprintf("audit: %v", why))
	}
	l.mu.Lock()
	l.refused++
	n := l.refused
	l.mu.Unlock()
	l.out.LogAttrs(ctx, Events[LogRefused].Level, string(LogRefused), Int(KeyCount, min(n, MaxNumber)))
}

// Err tells why the latest kept event could not be appended to the chain; nil when it could.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Fault logs an error by its code, with the part of the machine it happened in.
func (l *Log) Fault(ctx context.Context, part string, err error) {
	l.Event(ctx, Fault, Code(err), Word(KeyPart, part))
}

// Handler guards a slog.Handler by the same list, for libraries that take a *slog.Logger: a record whose message is no event
// of the list, or whose attributes break its rules, becomes log.refused. Groups are refused.
func (l *Log) Handler() slog.Handler { return guard{l: l} }

type guard struct {
	l     *Log
	attrs []slog.Attr
	group bool
}

func (g guard) Enabled(ctx context.Context, level slog.Level) bool {
	return g.l.out.Handler().Enabled(ctx, level)
}

func (g guard) Handle(ctx context.Context, r slog.Record) error {
	attrs := append([]slog.Attr(nil), g.attrs...)
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	if g.group {
		g.l.refuse(ctx, fmt.Errorf("groups are not in the list"))
		return nil
	}
	g.l.Event(ctx, Event(r.Message), attrs...)
	return nil
}

func (g guard) WithAttrs(attrs []slog.Attr) slog.Handler {
	g.attrs = append(append([]slog.Attr(nil), g.attrs...), attrs...)
	return g
}

func (g guard) WithGroup(name string) slog.Handler {
	g.group = g.group || name != ""
	return g
}

// Levels maps the words of the configuration to slog's levels.
var Levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

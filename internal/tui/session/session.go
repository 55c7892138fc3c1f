// Package session is what a viewer does to a walk, whatever shows it: moves,
// choices of who goes next, breakpoints, bookmarks, other engines. The terminal
// UI and the page in the browser are made on it. It prints nothing.
package session

import (
	"context"
	"fmt"
	"time"

	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

// Session is an open walk and what its viewer has chosen. Not safe for several
// goroutines.
type Session struct {
	File   *scenario.File
	Walk   *walk.Walk
	Moment *walk.Moment // of Walk, as Look says
	Other  *walk.Walk   // compared with, or nil
	Beside *walk.Moment // of Other

	Look    walk.Look
	Held    uint // vCPUs, a bit each, that take no steps: see Hold
	Points  Points
	Books   []uint64 // bookmarked moments, at most maxBooks
	Sought  string   // what Find looks for
	Message string   // for the viewer, until the next move

	// Limit bounds one move in time; 0: only the context ends it.
	Limit time.Duration

	// Shown, if set, is called whenever Moment is new.
	Shown func()

	ctx context.Context
	opt walk.Options
}

// MoveTime is the usual Limit.
const MoveTime = 10 * time.Second

// On starts a session at an open walk's present moment; o opens it under other
// engines.
func On(ctx context.Context, w *walk.Walk, o walk.Options) *Session {
	return &Session{
		ctx: ctx, opt: o, File: w.Run.File, Walk: w, Limit: MoveTime,
		Look: walk.Look{CPU: -1, Code: 64, Stack: 48}, Points: Points{Breaks: map[uint64]bool{}},
	}
}

// Within has the next moves end with ctx.
func (s *Session) Within(ctx context.Context) { s.ctx = ctx }

// Close frees the machines.
func (s *Session) Close() {
	s.Walk.Close()
	if s.Other != nil {
		s.Other.Close()
	}
}

// Refresh makes the present moment anew.
func (s *Session) Refresh() {
	s.Moment = s.Walk.Moment(s.Look)
	if s.Other != nil {
		s.Beside = s.Other.Moment(s.Look)
	}
	if s.Shown != nil {
		s.Shown()
	}
}

// say sets the message.
func (s *Session) say(format string, args ...any) { s.Message = fmt.Sprintf(format, args...) }

// Notice shows a message without a move.
func (s *Session) Notice(format string, args ...any) {
	s.say(format, args...)
	s.Refresh()
}

// Bounded is a context for one move.
func (s *Session) Bounded() (context.Context, context.CancelFunc) {
	if s.Limit == 0 {
		return context.WithCancel(s.ctx)
	}
	return context.WithTimeout(s.ctx, s.Limit)
}

// Single reports whether nothing is compared.
func (s *Session) Single() bool { return s.Other == nil }

// CanForward and CanBackward report whether there is a step in that direction.
func (s *Session) CanForward() bool {
	_, more := s.Walk.Turn()
	return more || s.Other != nil
}

// CanBackward: see CanForward.
func (s *Session) CanBackward() bool { return s.Walk.At() > 0 }

// CanChoose reports whether there is a choice who goes next.
func (s *Session) CanChoose() bool {
	return s.Walk.Run.Actors() > 1 && s.Single() && s.CanForward()
}

// HasEvents reports whether the scenario has trace events.
func (s *Session) HasEvents() bool { return s.Walk.Run.HasEvents() }

// HasMark reports whether the recording has a step of a kind at all, or might
// get one further on.
func (s *Session) HasMark(k record.Kind) bool {
	if k == walk.Fired && !s.HasEvents() {
		return false
	}
	return !s.Walk.Line().Over() || s.Walk.Unmarked() > 0 || s.Walk.Kinds()&k != 0
}

// OtherCPU looks at the next vCPU.
func (s *Session) OtherCPU() {
	s.Look.CPU = (s.Moment.CPU + 1) % len(s.Moment.CPUs)
	s.Refresh()
}

// Return leaves the present branch for where it left.
func (s *Session) Return() {
	s.move(func(w *walk.Walk) error { return w.Return(s.ctx) })
}

// NextBranch goes to the next branch, round and round.
func (s *Session) NextBranch() {
	lines := s.Walk.Lines()
	for i, l := range lines {
		if l == s.Walk.Line() {
			next := lines[(i+1)%len(lines)].ID
			s.move(func(w *walk.Walk) error { return w.Switch(s.ctx, next) })
			return
		}
	}
}

// maxBooks bounds the bookmarks.
const maxBooks = 64

// Bookmark sets or takes away a bookmark at the present moment.
func (s *Session) Bookmark() {
	at := s.Walk.At()
	for i, b := range s.Books {
		if b == at {
			s.Books = append(s.Books[:i], s.Books[i+1:]...)
			s.Notice("bookmark taken away")
			return
		}
	}
	if len(s.Books) == maxBooks {
		s.Notice("at most %d bookmarks", maxBooks)
		return
	}
	s.Books = append(s.Books, at)
	s.Notice("bookmark at step %d; ' goes round them", at)
}

// NextBook goes to the next bookmark, of which there must be one.
func (s *Session) NextBook() {
	best, first := uint64(0), s.Books[0]
	found := false
	for _, b := range s.Books {
		first = min(first, b)
		if b > s.Walk.At() && (!found || b < best) {
			best, found = b, true
		}
	}
	if !found {
		best = first
	}
	s.GoTo(best)
}

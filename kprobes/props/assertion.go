package props

import (
	"trapline/emu"
	"trapline/emu/explore"
)

// Never is a user's assertion that a condition is false after every step.
type Never struct {
	atSteps
	Title string
	// Bad is the condition, such as two vCPUs inside a section at once.
	Bad func() bool
	// Changes reports whether a step may have changed what Bad reads. A search
	// tries such steps in every order. Nil: every step may.
	Changes func(*emu.Event) bool
}

// Name is the assertion's own name.
func (p *Never) Name() string { return p.Title }

// Step evaluates the condition.
func (p *Never) Step(*emu.Event) *explore.Violation {
	if p.Bad() {
		return violation(p.Title, "", "%s became true", p.Title)
	}
	return nil
}

// Watches implements explore.Watcher.
func (p *Never) Watches(ev *emu.Event) bool { return p.Changes == nil || p.Changes(ev) }

// Finally is a user's assertion that a condition holds at the end.
type Finally struct {
	atEnd
	Title string
	Good  func() bool
}

// Name is the assertion's own name.
func (p *Finally) Name() string { return p.Title }

// End evaluates the condition.
func (p *Finally) End() *explore.Violation {
	if !p.Good() {
		return violation(p.Title, "", "%s is false at the end", p.Title)
	}
	return nil
}

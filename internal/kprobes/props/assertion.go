package props

import (
	"trapline/internal/emu"
	"trapline/internal/explore"
)

// Never is a user's assertion that a condition is false after every step.
type Never struct {
	atSteps
	M     *emu.Machine
	Title string
	// Bad is the condition, such as two vCPUs inside a section at once. What it
	// reads it reads through the door: a search tries steps that change any of
	// it in every order.
	Bad func(emu.Door) bool
}

// Name is the assertion's own name.
func (p *Never) Name() string { return p.Title }

// Step evaluates the condition.
func (p *Never) Step(*emu.Event) *explore.Violation {
	if p.Bad(p.M.Watch()) {
		return violation(p.Title, "", "%s became true", p.Title)
	}
	return nil
}

// Finally is a user's assertion that a condition holds at the end.
type Finally struct {
	atEnd
	M     *emu.Machine
	Title string
	Good  func(emu.Door) bool
}

// Name is the assertion's own name.
func (p *Finally) Name() string { return p.Title }

// End evaluates the condition.
func (p *Finally) End() *explore.Violation {
	if !p.Good(p.M.Watch()) {
		return violation(p.Title, "", "%s is false at the end", p.Title)
	}
	return nil
}

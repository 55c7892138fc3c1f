package props

import (
	"trapline/internal/explore"
	"trapline/internal/kprobes"
)

// PrePost is one-pre-one-post: each execution of a probed instruction has one
// hit, and each hit ends behind the instruction (K9, K7).
type PrePost struct {
	atEnd
	g *kprobes.Manager
}

// NewPrePost makes the property.
func NewPrePost(g *kprobes.Manager) *PrePost { return &PrePost{g: g} }

// Name is one-pre-one-post.
func (*PrePost) Name() string { return OnePreOnePost }

// End compares the counts of each probe.
func (p *PrePost) End() *explore.Violation {
	if p.g.Describe().None() {
		return nil
	}
	for i, probe := range p.g.Probes() {
		s := p.g.Stats(i)
		switch {
		case s.Hits != s.Posts+s.Unposted:
			return violation(OnePreOnePost, "K9", "probe %s was hit %d times, but %d hits ended behind the instruction", probe.Name, s.Hits, s.Posts+s.Unposted)
		case s.Unposted != 0:
			return violation(OnePreOnePost, "M5", "probe %s: of %d hits %d ended without its post_handler: it was disabled or unregistered meanwhile",
				probe.Name, s.Hits, s.Unposted)
		case s.Hits+s.Missed+s.Skipped != s.Executions:
			return violation(OnePreOnePost, "", "probe %s: %d executions, %d hits and %d misses", probe.Name, s.Executions, s.Hits, s.Missed+s.Skipped)
		}
	}
	return nil
}

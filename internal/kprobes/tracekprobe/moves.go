package tracekprobe

import "trapline/internal/transition"

// life is where an event's probe is in its life with the engine.
type life uint8

const (
	defined  life = iota // has never been registered
	armed                // register_kprobe() was called, or a task has to call it
	disarmed             // it was armed before: a return probe has its instances, and calls under way keep their handler
	gone                 // unregistered for good, by its event or with its module
)

func (l life) String() string { return [...]string{"defined", "armed", "disarmed", "gone"}[l] }

// lives lists which state may follow which. A probe that is armed goes with its module, too; when that comes back,
// another one takes its place.
var lives = transition.Table[life]{
	defined:  {armed, gone},
	armed:    {disarmed, gone},
	disarmed: {armed, gone},
	gone:     {},
}

// become moves a probe on in its life.
func (p *planted) become(l life) { p.life = lives.Next("tracekprobe: a probe", p.life, l) }

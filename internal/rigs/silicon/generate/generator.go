package generate

import (
	"math/rand/v2"

	"trapline/internal/rigs/silicon"
)

// Config says what to generate.
type Config struct {
	Mode   silicon.Mode
	Seed   uint64
	Groups Group

	// MaxInstructions bounds the length of a sequence; a last unit of several instructions
	// may go over it by a few. Zero means DefaultInstructions.
	MaxInstructions int
}

// DefaultInstructions is the usual bound on the length of a sequence.
const DefaultInstructions = 12

// Sequence is a generated program.
type Sequence struct {
	*silicon.Program
	Starts []int    // offset in Code of each instruction
	Units  []string // name of the form of each unit, such as "add r/m32, r32"
}

// Generator makes sequences. It is safe for use by several goroutines.
type Generator struct {
	config Config
	forms  []form
	byName map[Group][]form
}

// form is one way to make a unit.
type form struct {
	name  string
	group Group
	modes modes
	build func(*builder)
}

// modes says where a form exists.
type modes uint8

const (
	bothModes modes = iota
	only32
	only64
)

func (m modes) allow(mode silicon.Mode) bool {
	return m == bothModes || (m == only64) == (mode == silicon.Mode64)
}

// New returns a generator of sequences with the groups of config.
func New(config Config) *Generator {
	if config.MaxInstructions == 0 {
		config.MaxInstructions = DefaultInstructions
	}
	g := &Generator{config: config, byName: map[Group][]form{}}
	for _, f := range table() {
		if f.group&config.Groups != 0 && f.modes.allow(config.Mode) {
			g.forms = append(g.forms, f)
			g.byName[f.group] = append(g.byName[f.group], f)
		}
	}
	return g
}

// table returns every form, in a fixed order.
func table() []form {
	var all []form
	for _, part := range [][]form{
		arithmeticForms(), multiplyForms(), shiftForms(), bitForms(), moveForms(), conditionalForms(),
		exchangeForms(), stackForms(), stringForms(), flagForms(), flowForms(), decimalForms(),
		faultForms(), floatForms(), vectorForms(), x87Forms(),
	} {
		all = append(all, part...)
	}
	return all
}

// Forms returns how many forms the generator draws from.
func (g *Generator) Forms() int { return len(g.forms) }

// FormNames returns the names of the forms, in the order in which sequences begin with them.
func (g *Generator) FormNames() []string {
	names := make([]string, len(g.forms))
	for i, f := range g.forms {
		names[i] = f.name
	}
	return names
}

// Sequence returns the sequence with this index.
func (g *Generator) Sequence(index uint64) *Sequence {
	b := newBuilder(g.config, rand.New(rand.NewPCG(g.config.Seed, index)))
	length := 1 + b.below(g.config.MaxInstructions)
	b.unit(g.forms[index%uint64(len(g.forms))])
	for len(b.starts) < length {
		b.unit(g.pick(b))
	}
	return b.finish()
}

// pick draws a group, then a form of it, so that large groups do not crowd out small ones.
// Units that fault end a sequence early, so they are drawn less often.
func (g *Generator) pick(b *builder) form {
	const faultChance = 5 // percent, of a drawn fault to be kept
	for {
		group := g.forms[b.below(len(g.forms))].group
		if b.chance(50) {
			group = 1 << b.below(groupCount)
		}
		forms := g.byName[group]
		if len(forms) == 0 || group&(Fault|IllegalLock) != 0 && !b.chance(faultChance) {
			continue
		}
		return forms[b.below(len(forms))]
	}
}

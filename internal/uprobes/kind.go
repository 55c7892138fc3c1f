package uprobes

// Kind sorts probed instructions by how many traps a hit takes, and why (U9).
type Kind uint8

// Kinds. Of the first four the kernel makes the effect itself, which saves the #DB.
const (
	KindNop Kind = iota
	KindPush
	KindBranch
	KindCall         // call rel32
	KindIndirectCall // stepped, with FixCall
	KindRIPRelative  // stepped, with FixRIP
	KindOrdinary     // stepped, any other
	KindReturn       // not an instruction: the trampoline of a return probe
	kinds
)

var kindNames = [kinds]string{"nop", "push", "branch", "call", "indirect call", "rip-relative", "ordinary", "return probe"}

func (k Kind) String() string { return kindNames[k] }

// Kind is the instruction's.
func (i *Instruction) Kind() Kind {
	switch {
	case i.Method == EmulatePush:
		return KindPush
	case i.Method == EmulateBranch && i.branch == opcodeNop:
		return KindNop
	case i.Method == EmulateBranch && i.branch == opcodeCall:
		return KindCall
	case i.Method == EmulateBranch:
		return KindBranch
	case i.Fixups.Has(FixRIP): // of an indirect call too: it is what takes the work
		return KindRIPRelative
	case i.Fixups.Has(FixCall):
		return KindIndirectCall
	}
	return KindOrdinary
}

// TrapCount is what the hits of one kind took.
type TrapCount struct {
	Kind        Kind
	Hits        uint64
	Breakpoints uint64 // #BP
	Steps       uint64 // #DB behind a copy
}

// PerHit is how many traps a hit took on average; 0 without hits.
func (c TrapCount) PerHit() float64 {
	if c.Hits == 0 {
		return 0
	}
	return float64(c.Breakpoints+c.Steps) / float64(c.Hits)
}

package emu

// Accessor is a kind of uses that Go code outside an instruction makes of what
// decides a run, by the function that records them.
type Accessor uint8

// Accessors.
const (
	PeeksMemory     Accessor = iota // Door.Peek, PeekSpace, Word
	PeeksWord                       // Machine.PeekWord, Door.PeekWord
	PokesWord                       // Machine.PokeWord, PushWords, PokeBytes
	AsksEntry                       // Door.Entry
	AsksRegister                    // Door.Register
	RaisesInterrupt                 // Door.RaiseInterrupt
	AsksClock                       // Door.ReadsClock
	TouchesValue                    // Door.Touch
	ComparesNumber                  // Door.HoldsNumber
	Accessors       = iota          // how many there are
)

// Forget, for tests, leaves out of the records what forget says, until it is
// called with nil: a search must then go wrong. Memory comes as the location of
// its first byte.
func (m *Machine) Forget(forget func(Accessor, Loc, Use) bool) { m.forget = forget }

func (m *Machine) forgets(a Accessor, l Loc, u Use) bool { return m.forget != nil && m.forget(a, l, u) }

// forgetsWord is forgets of memory at va.
func (m *Machine) forgetsWord(a Accessor, s *Space, va uint64, u Use) bool {
	if m.forget == nil {
		return false
	}
	e := s.entry(va)
	return e != nil && m.forget(a, MemoryLoc(e.pte.Frame, va), u)
}

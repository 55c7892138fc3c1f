package kprobes

// LockKind is how a lock's word tells who holds it.
type LockKind uint8

// Kinds of the engines' locks.
const (
	SpinLock LockKind = iota // 0 free, else the owner's number plus one (K6)
	Mutex                    // the same; whoever waits sleeps (O4)
	RWLock                   // readers, or writerBit + the writer's number plus one (M4)
)

// Lock is a lock of an engine: a word of register width in guest memory.
type Lock struct {
	Name string
	Addr uint64
	Kind LockKind
	ID   string // SEMANTICS row of what goes wrong with it
}

// engineLocks are the locks of all engines.
var engineLocks = [...]Lock{
	{Name: "kprobe_lock", Kind: SpinLock, ID: "K12"},
	{Name: multiLock, Kind: RWLock, ID: "M4"},
	{Name: "kprobe_mutex", Kind: Mutex, ID: "O4"},
}

// Locks lists the engine's locks.
func (g *Manager) Locks() []Lock {
	var l []Lock
	for _, k := range engineLocks {
		if g.K.HasSymbol(k.Name) {
			k.Addr = g.K.Symbol(k.Name)
			l = append(l, k)
		}
	}
	return l
}

// Owner is the vCPU that holds a lock with this word for itself alone, or -1:
// it is free, or readers hold it, whom the word does not name.
func (l *Lock) Owner(word uint64) int {
	if l.Kind == RWLock {
		if word <= writerBit {
			return -1
		}
		word -= writerBit
	}
	return int(word) - 1
}

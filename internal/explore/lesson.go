package explore

import "sync"

// Lesson is one thing that executions have shown of what steps use. Lessons of
// several searches of one system can be put together, in any order: the same
// lessons make the same facts.
type Lesson struct {
	Kind   LessonKind
	Actor  int
	At, To uint64 // places; To: where a flow leads
	Locks  uint64
	Access Access
	Asked  Asked
	Flow   uint64 // fingerprint of the trail
	Words  []FlowWord
}

// LessonKind says what a Lesson is of.
type LessonKind uint8

// Kinds of lessons.
const (
	Touches    LessonKind = iota // a step at a place makes an access
	WatchedBy                    // a property looks at a location
	AsksFor                      // a step read what is told of only when asked for
	BreaksLock                   // locks exclude nobody
	Keeps                        // scratch memory that others use
	FlowsTo                      // what a trail does to scratch memory
	Differ                       // actors that look equal are not
)

// lessons is a list of what was new to facts.
type lessons struct {
	mu   sync.Mutex
	list []Lesson
}

// add notes a lesson; nobody keeps a list of most facts.
func (l *lessons) add(x Lesson) {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.list = append(l.list, x)
	l.mu.Unlock()
}

// take gives the list and begins a new one.
func (l *lessons) take() []Lesson {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.list
	l.list = nil
	return list
}

// all gives the list as it is now.
func (l *lessons) all() []Lesson {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list[:len(l.list):len(l.list)]
}

// keepLessons makes a list of everything that is new from now on.
func (f *facts) keepLessons() {
	f.lessons = &lessons{}
	if f.live != nil {
		f.live.lessons = f.lessons
	}
}

// teach takes a lesson of another search in.
func (f *facts) teach(x Lesson) {
	p := place{x.Actor, x.At}
	switch x.Kind {
	case Touches:
		f.touch(x.Access, p, x.Locks)
	case WatchedBy:
		f.watch(x.Access)
	case AsksFor:
		f.ask(x.Asked)
	case BreaksLock:
		f.broke()
	case Differ:
		f.unequal()
	case Keeps:
		if f.live != nil {
			f.live.keep(x.Access)
		}
	case FlowsTo:
		if f.live != nil {
			f.live.add(x.Flow, p, place{x.Actor, x.To}, x.Words)
		}
	}
}

// sum tells facts apart by what a round takes from them.
func (f *facts) sum() uint64 {
	k := f.known()
	h := mix(uint64(k.watched), uint64(k.live))
	if k.differ {
		h++
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for p := range f.visible {
		h += mix(p.at, uint64(p.actor)+1)
	}
	return h
}

package uprobes

import (
	"cmp"
	"slices"

	"trapline/internal/events"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
)

// FileID is the identity of a file: two paths to one file have the same.
type FileID struct{ Dev, Ino uint64 }

// Place is where a uprobe sits: an instruction in a file (U1).
type Place struct {
	File   FileID
	Offset uint64 // bytes from the file's start
	// RefCounter is the file offset of a 16-bit counter that is one higher in every process while the breakpoint
	// is in it; 0: none.
	RefCounter uint64
}

// Hit is what a consumer's handler gets.
type Hit struct {
	Thread *linux.Thread
	Addr   uint64 // the probed address; of a return probe the function's
	Return uint64 // of a return probe: the address returned to
}

// Consumer is one user of a uprobe (struct uprobe_consumer). At least one handler must be there.
type Consumer struct {
	// Handler runs before the probed instruction. If all the handlers of a place want so, the breakpoint is
	// removed from the process (UPROBE_HANDLER_REMOVE).
	Handler func(*Hit) (remove bool)
	// Return runs when the function that starts at the place returns (U13).
	Return func(*Hit)
	// Removed is told that all of them did, and that it is; nil: nothing is.
	Removed func(*Hit)
	// Filter tells whether the consumer wants the process; nil: every one (U3).
	Filter func(*mm.MM) bool
}

func (c *Consumer) wants(mm *mm.MM) bool { return c.Filter == nil || c.Filter(mm) }

// uprobe is one probed place (struct uprobe).
type uprobe struct {
	Place
	consumers []*Consumer  // newest first
	insn      *Instruction // nil until a process maps the place
	missed    uint64       // with Options.CountMissed
}

func (u *uprobe) wanted(mm *mm.MM) bool {
	return slices.ContainsFunc(u.consumers, func(c *Consumer) bool { return c.wants(mm) })
}

// tree holds the uprobes by file and offset.
type tree map[FileID][]*uprobe

func byOffset(u *uprobe, offset uint64) int { return cmp.Compare(u.Offset, offset) }

func (t tree) find(f FileID, offset uint64) *uprobe {
	if i, ok := slices.BinarySearchFunc(t[f], offset, byOffset); ok {
		return t[f][i]
	}
	return nil
}

// within lists the uprobes of a file from offset start on, below end.
func (t tree) within(f FileID, start, end uint64) []*uprobe {
	i, _ := slices.BinarySearchFunc(t[f], start, byOffset)
	j, _ := slices.BinarySearchFunc(t[f], end, byOffset)
	return t[f][i:j]
}

// at finds or makes the uprobe of a place; EINVAL if it has another reference counter.
func (t tree) at(p Place) (*uprobe, events.Errno) {
	i, ok := slices.BinarySearchFunc(t[p.File], p.Offset, byOffset)
	if !ok {
		t[p.File] = slices.Insert(t[p.File], i, &uprobe{Place: p})
	}
	u := t[p.File][i]
	if u.RefCounter != p.RefCounter {
		return nil, events.EINVAL
	}
	return u, 0
}

func (t tree) remove(u *uprobe) {
	t[u.File] = slices.DeleteFunc(t[u.File], func(o *uprobe) bool { return o == u })
	if len(t[u.File]) == 0 {
		delete(t, u.File)
	}
}

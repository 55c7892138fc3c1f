package vfs

import (
	"maps"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/state"
)

// The kinds of objects that the file layer consists of.
var (
	InodeKind  = state.Kind[Inode]{Hash: (*Inode).hash, Own: (*Inode).own, Saving: (*Inode).saving, Restored: (*Inode).restored}
	NodeKind   = state.Kind[Node]{Reach: (*Node).reach, Hash: (*Node).hash}
	DentryKind = state.Kind[Dentry]{Reach: (*Dentry).reach, Hash: (*Dentry).hash}
	PipeKind   = state.Kind[Pipe]{Hash: (*Pipe).hash, Own: (*Pipe).own, Bytes: (*Pipe).held}
)

func (s *State) own() {
	s.inodes, s.names, s.copied, s.dentries = maps.Clone(s.inodes), maps.Clone(s.names), maps.Clone(s.copied), maps.Clone(s.dentries)
}

// Save is what changes of the overlay, beside its objects.
func (o *Overlay) Save() State {
	s := o.State
	s.own()
	return s
}

// Restore brings a saved one back.
func (o *Overlay) Restore(s State) {
	s.own()
	o.State = s
}

// Visit numbers the nodes and inodes. Names other than the root are visited by who holds them.
func (o *Overlay) Visit(among *state.Objects) {
	state.Visit(among, o.root)
	for _, name := range slices.Sorted(maps.Keys(o.names)) {
		state.Visit(among, o.names[name])
	}
	for _, key := range slices.SortedFunc(maps.Keys(o.copied), CompareKeys) {
		state.Visit(among, o.copied[key])
	}
	for _, key := range slices.SortedFunc(maps.Keys(o.inodes), CompareKeys) {
		state.Visit(among, o.inodes[key])
	}
}

// Entries is how many objects it has by name or number.
func (s *State) Entries() int { return len(s.inodes) + len(s.names) + len(s.copied) + len(s.dentries) }

// Names is how many names the guest has made, changed or removed.
func (s *State) Names() int { return len(s.names) }

// Hash feeds what the guest has changed of the tree. Times are clocks.
func (o *Overlay) Hash(h *emu.Hasher, among *state.Objects) {
	if o.lastNode == 0 && o.pipes == 0 && len(o.names)+len(o.copied) == 0 {
		return
	}
	state.Words(h, o.lastNode, o.pipes, uint64(len(o.names)), uint64(len(o.copied)))
	for _, name := range slices.Sorted(maps.Keys(o.names)) {
		h.String(name)
		h.Uint64(state.Number(among, o.names[name]))
	}
	for _, key := range slices.SortedFunc(maps.Keys(o.copied), CompareKeys) {
		state.Words(h, key.Dev, key.Ino, state.Number(among, o.copied[key]))
	}
}

func (n *Node) hash(h *emu.Hasher, o *state.Objects) {
	s := &n.Attr
	state.Words(h, s.Dev, s.Ino, s.Nlink, s.Rdev, s.Size, s.Blksize, s.Blocks, uint64(s.Mode), uint64(s.Uid), uint64(s.Gid), state.Number(o, n.Inode), uint64(n.Users), state.NumberObject(o, n.Sock), state.Number(o, n.Fifo))
	h.String(n.Target)
	h.Bool(n.Opaque)
	if n.Memfd || n.Seals != 0 {
		h.Bool(n.Memfd)
		h.Uint64(uint64(n.Seals))
	}
}

func (n *Node) reach(o *state.Objects) {
	state.VisitObject(o, n.Sock)
	state.Visit(o, n.Fifo)
}

func (n *Inode) own() { n.frames = nil }

// saving copies the page cache's table: pages come, and go all at once, so that the last
// copy is right if it has as many.
func (n *Inode) saving() {
	if n.saved == nil || len(n.saved) != len(n.frames) {
		n.saved = maps.Clone(n.frames)
	}
}

func (n *Inode) restored() { n.frames = maps.Clone(n.saved) }

func (n *Inode) hash(h *emu.Hasher, _ *state.Objects) {
	h.String(n.Path)
	sum := uint64(0) // of the pages, in any order
	for page, f := range n.frames {
		var one emu.Hasher
		state.Words(&one, page, uint64(f))
		sum += one.Sum()
	}
	h.Bool(n.Backing != nil)
	state.Words(h, n.Dev, n.Ino, uint64(n.Size), uint64(n.refs), sum)
	if n.Backing != nil && n.backed != n.Size || n.Backing == nil && n.backed != 0 {
		h.Uint64(uint64(n.backed))
	}
}

func (p *Pipe) hash(h *emu.Hasher, _ *state.Objects) {
	h.Bytes(p.Data)
	state.Words(h, p.Ino, uint64(p.Readers), uint64(p.Writers), p.Seen[0], p.Seen[1])
}

func (p *Pipe) own() { p.Data = slices.Clone(p.Data) }

func (p *Pipe) held() int { return len(p.Data) }

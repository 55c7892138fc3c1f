package vfs

import (
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux/state"
)

// Dentry is a name of the tree while somebody holds it: an open file, a working directory, or a held name
// below it (struct dentry). It moves with a rename of itself or of a directory above, and keeps its
// last name and directory when that name is removed.
type Dentry struct {
	parent *Dentry // nil: the root
	name   string  // in parent
	users  int     // open files and working directories, and Dentries below it
	gone   *Node   // what it named before it was removed; nil: it is a name still
}

// entry is a name in a directory.
type entry struct {
	in   *Dentry
	name string
}

// Gone reports whether the name was removed, whatever has that name now (d_unlinked()).
func (d *Dentry) Gone() bool { return d.gone != nil }

// Was is what a name that is gone named; nil: it is a name still.
func (d *Dentry) Was() *Node { return d.gone }

// Name is the last component of the path.
func (d *Dentry) Name() string { return d.name }

// Parent is the name of the directory; nil for the root.
func (d *Dentry) Parent() *Dentry { return d.parent }

// Path is the absolute path, which leads to the file unless the name is gone.
func (d *Dentry) Path() string {
	if d.parent == nil {
		return "/"
	}
	parts := []string{d.name}
	for p := d.parent; p.parent != nil; p = p.parent {
		parts = append(parts, p.name+"/")
	}
	parts = append(parts, "/")
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString(parts[i])
	}
	return b.String()
}

// Deleted is behind the path of a name that is gone.
const Deleted = " (deleted)"

// Shown is the path as links below /proc show it (d_path()).
func (d *Dentry) Shown() string {
	if d.gone != nil {
		return d.Path() + Deleted
	}
	return d.Path()
}

// Hold takes another hold of a name (dget()).
func (d *Dentry) Hold() *Dentry {
	d.users++
	return d
}

// Hold takes a hold of a name by its absolute path, which has no links and names what is there.
func (o *Overlay) Hold(full string) *Dentry {
	d := o.root
	for name := range strings.SplitSeq(full, "/") {
		if name == "" {
			continue
		}
		child := o.dentries[entry{d, name}]
		if child == nil {
			child = &Dentry{parent: d.Hold(), name: name}
			o.dentries[entry{d, name}] = child
		}
		d = child
	}
	return d.Hold()
}

// held is the Dentry at an absolute path, or nil if nobody holds that name.
func (o *Overlay) held(full string) *Dentry {
	d := o.root
	for name := range strings.SplitSeq(full, "/") {
		if name == "" {
			continue
		}
		if d = o.dentries[entry{d, name}]; d == nil {
			return nil
		}
	}
	return d
}

// HoldUnnamed takes a hold of a name for a file in a directory that has none (d_tmpfile()).
func (o *Overlay) HoldUnnamed(dir, name string, n *Node) *Dentry {
	return &Dentry{parent: o.Hold(dir), name: name, users: 1, gone: n}
}

// Put gives up a hold (dput()). It returns the files and directories that this was the end of, because
// the last name that they had is gone.
func (o *Overlay) Put(d *Dentry) []Key {
	var ended []Key
	for d != nil {
		if d.users--; d.users > 0 {
			break
		}
		switch {
		case d.gone == nil:
			delete(o.dentries, entry{d.parent, d.name})
		case d.gone.Attr.Nlink == 0:
			ended = append(ended, KeyOf(d.gone.Attr))
		}
		d = d.parent
	}
	return ended
}

// Unhash has who holds a name of n keep it when it is removed; false: nobody does (d_delete()).
func (o *Overlay) Unhash(full string, n *Node) bool {
	d := o.held(full)
	if d == nil {
		return false
	}
	delete(o.dentries, entry{d.parent, d.name})
	d.gone = n
	return true
}

// moveDentry gives who holds a name the other one, which nobody holds (d_move()).
func (o *Overlay) moveDentry(from, to string) {
	d := o.held(from)
	if d == nil {
		return
	}
	old := d.parent
	delete(o.dentries, entry{old, d.name})
	at := strings.LastIndexByte(to, '/')
	d.parent, d.name = o.Hold(to[:at]), to[at+1:]
	o.dentries[entry{d.parent, d.name}] = d
	o.Put(old)
}

// KeyAt is the identity of what a Dentry names; false: the FS does not tell.
func (o *Overlay) KeyAt(d *Dentry) (Key, bool) {
	if d.gone != nil {
		return KeyOf(d.gone.Attr), true
	}
	info, err := o.Lstat(d.Path(), false)
	if err != nil {
		return Key{}, false
	}
	return KeyOf(StatOf(info)), true
}

func (d *Dentry) reach(o *state.Objects) {
	state.Visit(o, d.parent)
	state.Visit(o, d.gone)
}

func (d *Dentry) hash(h *emu.Hasher, o *state.Objects) {
	h.String(d.name)
	state.Words(h, state.Number(o, d.parent), uint64(d.users), state.Number(o, d.gone))
}

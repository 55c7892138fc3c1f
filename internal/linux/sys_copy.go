package linux

import "trapline/internal/linux/abi"

// sysCopyFileRange copies between two regular files (copy_file_range(2)).
func sysCopyFileRange(k *Kernel, t *Thread, c *call) int64 {
	in, out := t.proc.files.get(c.fd(0)), t.proc.files.get(c.fd(2))
	if in == nil || out == nil {
		return -EBADF
	}
	from, r := t.offsetArg(in, c.arg[1])
	if r != 0 {
		return r
	}
	to, r := t.offsetArg(out, c.arg[3])
	switch {
	case r != 0:
		return r
	case c.arg[5]&0xffffffff != 0:
		return -EINVAL
	case in.isDir() || out.isDir():
		return -EISDIR
	case in.host == nil || out.host == nil:
		return -EINVAL
	case !in.readable(), !out.writable(), out.flags&abi.O_APPEND != 0:
		return -EBADF
	}
	k.settle(in)
	n, r := k.copyLength(t, in, out, from, to, c.arg[4])
	if n == 0 || r != 0 {
		return r
	}
	return k.copyRange(t, c, in, out, from, to, n)
}

// offsetArg reads the offset at va, or gives the file's own.
func (t *Thread) offsetArg(f *File, va uint64) (int64, int64) {
	if va == 0 {
		return f.pos, 0
	}
	v, ok := getWord(t.proc.mm, va, 8)
	if !ok {
		return 0, -EFAULT
	}
	return int64(v), 0
}

// copyLength is how many of n bytes are copied (generic_copy_file_checks()).
func (k *Kernel) copyLength(t *Thread, in, out *File, from, to int64, n uint64) (int, int64) {
	switch {
	case uint64(from)+n < n || uint64(to)+n < n:
		return 0, -EOVERFLOW
	case from < 0 || to < 0:
		return 0, -EINVAL
	}
	count := int64(min(n, uint64(max(0, in.size()-from))))
	room, r := t.fileRoom(to, int(count))
	if r != 0 {
		return 0, r
	}
	count = int64(room)
	if keyOf(in) == keyOf(out) && to+count > from && to < from+count {
		return 0, -EINVAL
	}
	return int(min(count, maxCount)), 0
}

// copyRange copies n bytes and moves the offsets that were used.
func (k *Kernel) copyRange(t *Thread, c *call, in, out *File, from, to int64, n int) int64 {
	done := int64(0)
	for b := make([]byte, min(n, maxPart)); done < int64(n); {
		at := from + done
		r := k.read(t, in, b[:min(int64(len(b)), int64(n)-done)], &at)
		if r > 0 {
			r = k.write(t, out, b[:r], &to)
		}
		if r <= 0 {
			if done == 0 {
				return r
			}
			break
		}
		done += r
	}
	for _, o := range []struct {
		f  *File
		va uint64
		at int64
	}{{in, c.arg[1], from + done}, {out, c.arg[3], to}} {
		if o.va == 0 {
			o.f.pos = o.at
		} else if !putWord(t.proc.mm, o.va, 8, uint64(o.at)) {
			return -EFAULT
		}
	}
	return done
}

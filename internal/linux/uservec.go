package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// span is a piece of user memory.
type span struct{ base, size uint64 }

// uservec is what is left of the user memory that a call reads or fills (struct iov_iter).
type uservec struct {
	mem  *mm.MM
	list []span
	size uint64 // bytes
}

// newUservec checks that list is memory of users, of whatever width (access_ok()); what
// is beyond maxCount is cut off.
func (t *Thread) newUservec(list ...span) (*uservec, int64) {
	u, end := &uservec{mem: t.proc.mm}, t.k.userEnd()
	for _, s := range list {
		if s.size > end || s.base > end-s.size {
			return nil, -EFAULT
		}
		if s.size = min(s.size, maxCount-u.size); s.size > 0 {
			u.list = append(u.list, s)
			u.size += s.size
		}
	}
	return u, 0
}

// userVector reads a vector of buffers for readv(2) and its like.
func (t *Thread) userVector(va, n uint64, word int) (*uservec, int64) {
	if n > maxIOVec {
		return nil, -EINVAL
	}
	list, r := t.spans(va, int(n), word)
	if r != 0 {
		return nil, r
	}
	return t.newUservec(list...)
}

// spans reads a vector of n buffers.
func (t *Thread) spans(va uint64, n, word int) ([]span, int64) {
	iov := make([]abi.Iovec, n)
	if n > 0 && !copyFromUser(t.proc.mm, va, word, iov) {
		return nil, -EFAULT
	}
	list := make([]span, n)
	for i, v := range iov {
		list[i] = span{uint64(v.Base), uint64(v.Len)}
		if list[i].size > 1<<(8*word-1)-1 {
			return nil, -EINVAL
		}
	}
	return list, 0
}

// advance passes n bytes.
func (u *uservec) advance(n uint64) {
	u.size -= n
	for n > 0 {
		s := u.list[0]
		if n < s.size {
			u.list[0] = span{s.base + n, s.size - n}
			return
		}
		n -= s.size
		u.list = u.list[1:]
	}
}

// reach is how many of the next n bytes can be accessed, up to the first that cannot.
func (u *uservec) reach(n int, need mm.Prot) int {
	done := 0
	for _, s := range u.list {
		part := int(min(s.size, uint64(n-done)))
		got := u.mem.Reach(s.base, part, need)
		if done += got; got < part || done == n {
			break
		}
	}
	return done
}

// take reads bytes that can be accessed, and passes them.
func (u *uservec) take(b []byte) bool {
	return u.move(b, u.mem.Read)
}

// put writes bytes, and passes them.
func (u *uservec) put(b []byte) bool {
	return u.move(b, u.mem.Write)
}

func (u *uservec) move(b []byte, by func(uint64, []byte) bool) bool {
	for len(b) > 0 {
		if len(u.list) == 0 {
			return false
		}
		n := min(u.list[0].size, uint64(len(b)))
		if !by(u.list[0].base, b[:n]) {
			return false
		}
		b = b[n:]
		u.advance(n)
	}
	return true
}

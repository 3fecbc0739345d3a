//! Bytes read one after another; what is not there is an error, never a panic.

/// Why bytes are not what they should be.
pub(crate) type Why = String;

/// What is left of some bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'a> {
    left: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    /// Starts at a place.
    pub(crate) fn at(bytes: &'a [u8], place: u64) -> Result<Self, Why> {
        let place = usize::try_from(place).ok();
        let left = place.and_then(|place| bytes.get(place..));
        left.map(Self::new).ok_or_else(|| "it ends before it should".into())
    }

    pub(crate) fn left(&self) -> usize {
        self.left.len()
    }

    pub(crate) fn take(&mut self, count: u64) -> Result<&'a [u8], Why> {
        let split = usize::try_from(count).ok().and_then(|count| self.left.split_at_checked(count));
        let (taken, left) = split.ok_or("it ends before it should")?;
        self.left = left;
        Ok(taken)
    }

    /// Takes up to a line's end, which is left out.
    pub(crate) fn line(&mut self) -> Result<&'a [u8], Why> {
        let end = self.left.iter().position(|&byte| byte == b'\n');
        let line = self.take(end.ok_or("it ends before it should")? as u64)?;
        self.take(1)?;
        Ok(line)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Why> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Why> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Why> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Why> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Why> {
        self.array().map(u64::from_le_bytes)
    }
}

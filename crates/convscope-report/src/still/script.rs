//! The chart library inside a small script engine.

use std::sync::{
    LazyLock,
    mpsc::{self, Sender},
};

use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Object, Runtime};
use serde_json::Value;

use super::font;
use crate::{assets, figure::FigureError};

/// Bytes of stack that the engine may use: the library recurses deeply over a specification.
const STACK: usize = 8 << 20;

/// A specification to draw, and where the drawing goes.
struct Order {
    spec: String,
    reply: Sender<Result<String, FigureError>>,
}

/// The one engine of the process: it lives on a thread of its own, because loading the library
/// takes longer than drawing, and callers' stacks may be small.
static ENGINE: LazyLock<Result<Sender<Order>, FigureError>> = LazyLock::new(|| {
    let (orders, inbox) = mpsc::channel::<Order>();
    let serve = move || {
        let engine = Engine::load();
        for order in inbox {
            let drawn = engine.as_ref().map_err(Clone::clone).and_then(|it| it.draw(&order.spec));
            // Whoever asked may have left.
            let _ = order.reply.send(drawn);
        }
    };
    let spawned = std::thread::Builder::new().stack_size(2 * STACK).spawn(serve);
    spawned.map(|_| orders).map_err(|error| FigureError::Script(error.to_string()))
});

/// Draws a complete Vega-Lite specification.
///
/// # Errors
/// What the library complains of, warnings included.
///
/// # Cost
/// The first chart of a process loads the library; charts are drawn one after the other.
pub(crate) fn svg_of_chart(spec: &Value) -> Result<String, FigureError> {
    let ended = |_| FigureError::Script("the drawing thread has ended".into());
    let (reply, answer) = mpsc::channel();
    let orders = ENGINE.as_ref().map_err(Clone::clone)?;
    orders.send(Order { spec: spec.to_string(), reply }).map_err(|_| ended(mpsc::RecvError))?;
    answer.recv().map_err(ended)?
}

/// The engine with the library in it.
struct Engine {
    runtime: Runtime,
    context: Context,
}

impl Engine {
    fn load() -> Result<Self, FigureError> {
        let runtime = Runtime::new().map_err(failed)?;
        runtime.set_max_stack_size(STACK);
        let context = Context::full(&runtime).map_err(failed)?;
        context.with(|ctx| evaluate(&ctx).catch(&ctx).map_err(|error| said(&error)))?;
        Ok(Self { runtime, context })
    }

    fn draw(&self, spec: &str) -> Result<String, FigureError> {
        let begun = self.context.with(|ctx| {
            let draw: Function = ctx.globals().get("convscopeDraw")?;
            let outcome: Object = draw.call((spec,))?;
            ctx.globals().set("outcome", outcome)
        });
        begun.map_err(failed)?;
        while self.runtime.is_job_pending() {
            let done = self.runtime.execute_pending_job();
            done.map_err(|error| FigureError::Script(error.to_string()))?;
        }
        let outcome = self.context.with(|ctx| {
            let outcome: Object = ctx.globals().get("outcome")?;
            Ok((outcome.get("svg")?, outcome.get("error")?))
        });
        match outcome.map_err(failed)? {
            (Some(svg), None) => Ok(svg),
            (_, Some(error)) => Err(FigureError::Script(error)),
            (None, None) => Err(FigureError::Script("it never finished".into())),
        }
    }
}

fn evaluate(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let width = |text: String, heavy: bool| font::width(&text, heavy);
    ctx.globals().set("convscopeWidth", Function::new(ctx.clone(), width)?)?;
    for source in [assets::DRAW, assets::VEGA, assets::VEGA_LITE] {
        ctx.eval::<(), _>(source)?;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` asks for")]
fn failed(error: rquickjs::Error) -> FigureError {
    FigureError::Script(error.to_string())
}

fn said(error: &CaughtError<'_>) -> FigureError {
    FigureError::Script(error.to_string())
}

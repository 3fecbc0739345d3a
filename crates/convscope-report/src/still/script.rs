//! The chart library inside a small script engine.

use rquickjs::{CatchResultExt, Context, Ctx, Function, Object, Runtime};
use serde_json::Value;

use super::font;
use crate::{assets, figure::FigureError};

/// Bytes of stack that the engine may use: the library recurses deeply over a specification.
const STACK: usize = 8 << 20;

/// Draws a complete Vega-Lite specification.
///
/// # Errors
/// What the library complains of, warnings included.
///
/// # Cost
/// Most of it is loading the library, once for each chart.
pub(crate) fn svg_of_chart(spec: &Value) -> Result<String, FigureError> {
    // A thread of its own, because the caller's stack may be small.
    let text = spec.to_string();
    let drawing = std::thread::Builder::new().stack_size(2 * STACK).spawn(move || draw(&text));
    let drawn = drawing.map_err(|error| FigureError::Script(error.to_string()))?.join();
    drawn.map_err(|_| FigureError::Script("the drawing thread ended early".into()))?
}

fn draw(spec: &str) -> Result<String, FigureError> {
    let failed = |error: rquickjs::Error| FigureError::Script(error.to_string());
    let runtime = Runtime::new().map_err(failed)?;
    runtime.set_max_stack_size(STACK);
    let context = Context::full(&runtime).map_err(failed)?;
    context.with(|ctx| load(&ctx).catch(&ctx).map_err(|error| said(&error)))?;
    let outcome = context.with(|ctx| {
        let draw: Function = ctx.globals().get("convscopeDraw")?;
        let outcome: Object = draw.call((spec,))?;
        ctx.globals().set("outcome", outcome)
    });
    outcome.map_err(failed)?;
    while runtime.is_job_pending() {
        runtime.execute_pending_job().map_err(|error| FigureError::Script(error.to_string()))?;
    }
    context.with(|ctx| {
        let outcome: Object = ctx.globals().get("outcome").map_err(failed)?;
        let (svg, error): (Option<String>, Option<String>) =
            (outcome.get("svg").map_err(failed)?, outcome.get("error").map_err(failed)?);
        match (svg, error) {
            (Some(svg), None) => Ok(svg),
            (_, Some(error)) => Err(FigureError::Script(error)),
            (None, None) => Err(FigureError::Script("it never finished".into())),
        }
    })
}

fn load(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let width = |text: String, heavy: bool| font::width(&text, heavy);
    ctx.globals().set("convscopeWidth", Function::new(ctx.clone(), width)?)?;
    for source in [assets::DRAW, assets::VEGA, assets::VEGA_LITE] {
        ctx.eval::<(), _>(source)?;
    }
    Ok(())
}

fn said(error: &rquickjs::CaughtError<'_>) -> FigureError {
    FigureError::Script(error.to_string())
}

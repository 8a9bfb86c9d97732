//! The chart: whole restores as bars, and growth as lines.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::number;
use crate::page::{Bar, Page, Series};

const SIZE: (u32, u32) = (920, 660);

const FONT: &str = "sans-serif";

pub fn svg(page: &Page) -> String {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE).expect("a text takes everything");
        let height = if page.bars.is_empty() { 0 } else { 40 + 26 * page.bars.len() };
        let (bars, lines) = root.split_vertically(u32::try_from(height).unwrap_or_default());
        if !page.bars.is_empty() {
            draw_bars(&bars, &page.bars);
        }
        draw_lines(&lines, &page.series);
        root.present().expect("a text takes everything");
    }
    text
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw_bars(area: &Area<'_>, bars: &[Bar]) {
    let longest = bars.iter().map(|bar| bar.milliseconds).fold(1.0, f64::max);
    let count = number(bars.len() as u64);
    let mut chart = ChartBuilder::on(area)
        .caption("A whole dotnet restore, ms", (FONT, 16))
        .margin(8)
        // The names are behind the bars.
        .build_cartesian_2d(0.0..longest * 1.7, count..0.0)
        .expect("a chart");
    for (at, bar) in bars.iter().enumerate() {
        let top = number(at as u64);
        let corners = [(0.0, top + 0.15), (bar.milliseconds, top + 0.85)];
        let text = format!("{:.0}  {}", bar.milliseconds, bar.name.replace('`', ""));
        let place = (bar.milliseconds + longest * 0.01, top + 0.25);
        let elements = chart.plotting_area();
        elements.draw(&Rectangle::new(corners, BLUE.mix(0.5).filled())).expect("a bar");
        elements.draw(&Text::new(text, place, (FONT, 14))).expect("its name");
    }
    chart.configure_mesh().disable_mesh().disable_axes().draw().expect("no axes");
}

fn draw_lines(area: &Area<'_>, series: &[Series]) {
    let points = || series.iter().flat_map(|it| it.points.iter().copied());
    let largest = points().map(|(size, _)| size).fold(10.0, f64::max);
    let longest = points().map(|(_, milliseconds)| milliseconds).fold(10.0, f64::max);
    let shortest = points().map(|(_, milliseconds)| milliseconds).fold(1.0, f64::min).max(0.01);
    let mut chart = ChartBuilder::on(area)
        .caption("Growth: ms by size", (FONT, 16))
        .margin(8)
        .margin_right(30)
        .x_label_area_size(28)
        .y_label_area_size(60)
        .build_cartesian_2d((1.0..largest).log_scale(), (shortest..longest * 1.5).log_scale())
        .expect("a chart");
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .label_style((FONT, 12))
        .x_label_formatter(&|size| size.to_string())
        .y_label_formatter(&|milliseconds| milliseconds.to_string())
        .draw()
        .expect("the axes");
    for (at, line) in series.iter().enumerate() {
        let color = Palette99::pick(at).to_rgba();
        let drawn = chart
            .draw_series(LineSeries::new(line.points.iter().copied(), color.stroke_width(2)))
            .expect("a line");
        drawn
            .label(line.name.replace('`', ""))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
        let dots = line.points.iter().map(|&place| Circle::new(place, 3, color.filled()));
        chart.draw_series(dots).expect("its points");
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .label_font((FONT, 12))
        .draw()
        .expect("the names");
}
